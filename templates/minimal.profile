# baseline: minimal 1
#
# Nothing but what the description says. No include: not even the C library's own files.

abi <abi/3.0>,

profile @{name} {
}
