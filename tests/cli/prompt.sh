#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: prompt.sh BIN_DIR -- asking for a password on a terminal: unseen, twice for a new key, and
# with the terminal as it was before, however it ends
. "$(dirname "$0")/../support/lib.sh"
need python3
cd "$tmp"

cat >terminal.py <<'PYTHON'
"""terminal.py ANSWER... -- COMMAND...: runs a command on a terminal of its own and types an answer at each
question ("^C" is Ctrl-C). Prints what the terminal showed; exits as the command did; 99 if echo stayed off."""
import os, pty, select, signal, sys, termios, time

answers = sys.argv[1:sys.argv.index("--")]
command = sys.argv[sys.argv.index("--") + 1:]
master, slave = pty.openpty()  # slave stays open here: it keeps the settings when the command ends
pid = os.fork()
if pid == 0:
    os.close(master)
    os.login_tty(slave)
    os.execv(command[0], command)
echo = lambda: bool(termios.tcgetattr(slave)[3] & termios.ECHO)
shown, end, status = b"", time.monotonic() + 60, None
while time.monotonic() < end and status is None:
    if select.select([master], [], [], 0.05)[0]:
        shown += os.read(master, 4096)
    if answers and not echo() and shown.rstrip(b" ").endswith(b":"):
        answer = answers.pop(0)
        os.write(master, b"\x03" if answer == "^C" else answer.encode() + b"\n")
        shown += b"<answered>"
    done, code = os.waitpid(pid, os.WNOHANG)
    if done:
        status = os.waitstatus_to_exitcode(code)
while select.select([master], [], [], 0.05)[0]:
    shown += os.read(master, 4096)
if status is None:
    os.kill(pid, signal.SIGKILL)
    status = 98
print(shown.decode(errors="replace"))
sys.exit(99 if not echo() else status if status >= 0 else 128 - status)
PYTHON

key=$1/imgkey
check 0 "The same again: <answered>" python3 terminal.py p4ssword p4ssword -- "$key" generate
check_no p4ssword
check_out "Password for the new key: <answered>"
[ -s imgtrust.key ] || fail "no key was written"
check 0 "BEGIN PUBLIC KEY" python3 terminal.py p4ssword -- "$key" public --key imgtrust.key
check 4 "wrong password" python3 terminal.py wrong -- "$key" public --key imgtrust.key
check 4 "the passwords differ" python3 terminal.py one two -- "$key" generate --output-prefix other
[ ! -e other.key ] || fail "a key was written although the passwords differ"
check 130 "Password" python3 terminal.py ^C -- "$key" public --key imgtrust.key
check 130 "" python3 terminal.py one ^C -- "$key" generate --output-prefix other
[ ! -e other.key ] || fail "a key was written after Ctrl-C"
finish
