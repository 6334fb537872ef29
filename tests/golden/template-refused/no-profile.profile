abi <abi/3.0>,
