# A package of an architecture that was removed
# from: jmunixusers/cs-vm-build#300
# on: vm-worker
# last: its stanza goes to the end of the list
# then: dpkg --audit | grep -q left-over
printf '\nPackage: left-over\nStatus: install ok installed\nArchitecture: i386\nMaintainer: x <x@x>\nVersion: 1\nDescription: x\n\n' >>/var/lib/dpkg/status
