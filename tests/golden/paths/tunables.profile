@{BIN} = /bin /usr/bin
@{HOME} = /home/*/ /root/
@{PLACE} = app
profile @{name} {
}
