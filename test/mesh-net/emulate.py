#!/usr/bin/env python3
"""A network between namespaces: each has a TUN device, and this program carries packets between them.

usage: emulate.py NAMES DELAY_MS JITTER_MS LOSS_PERCENT MBIT
  NAMES     namespaces, comma-separated; the n-th gets the address 10.78.0.n, may move to 10.78.0.(100 + n),
            and is made anew
  DELAY_MS  one way; MBIT is each sender's rate, 0 for none

Lines of its input: "cut A B" loses whatever the A-th sends to the B-th from then on, "heal" ends that.
Prints "up", and removes the namespaces when its input ends. Needs root. The kernel's own emulator (netem) is not
in every kernel; TUN is.
"""
import fcntl, heapq, os, random, select, struct, subprocess, sys, time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
LONGEST_QUEUE_S = 0.05
MOVED = 100


def sh(command, check=True):
    subprocess.run(command, shell=True, check=check, stderr=None if check else subprocess.DEVNULL)


def open_tun(name, namespace, number):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    sh(f"ip netns add {namespace}")
    sh(f"ip link set {name} netns {namespace}")
    sh(f"ip -n {namespace} link set lo up")
    sh(f"ip -n {namespace} addr add 10.78.0.{number}/24 dev {name}")
    sh(f"ip -n {namespace} link set {name} up mtu 1500 txqueuelen 2000")
    # WebRTC asks for the way to the internet to find its own address
    sh(f"ip -n {namespace} route add default dev {name}")
    return fd


def carry(tuns, delay, jitter, loss, rate):
    """tuns: file descriptor by the last byte of its address."""
    queue, count, cuts = [], 0, set()
    last = {fd: 0.0 for fd in tuns.values()}
    free = {fd: 0.0 for fd in tuns.values()}
    poll = select.poll()
    for fd in last:
        poll.register(fd, select.POLLIN)
    poll.register(sys.stdin, select.POLLIN | select.POLLHUP)
    while True:
        wait = max(0.0, queue[0][0] - time.monotonic()) if queue else 1.0
        # The last millisecond is waited for in earnest, since poll is no finer
        for fd, _ in poll.poll(0 if wait < 0.0012 else wait * 1000):
            if fd == sys.stdin.fileno():
                words = sys.stdin.readline().split()
                if not words:
                    return
                cuts = cuts | {tuple(int(word) for word in words[1:])} if words[0] == "cut" else set()
                continue
            for _ in range(64):
                try:
                    packet = os.read(fd, 2000)
                except BlockingIOError:
                    break
                to = tuns.get(packet[19]) if packet[0] >> 4 == 4 and packet[16:19] == b"\x0a\x4e\x00" else None
                if to is None or (packet[15] % MOVED, packet[19] % MOVED) in cuts or random.random() < loss:
                    continue
                now = time.monotonic()
                begin = max(now, free[fd])
                if rate:
                    if begin - now > LONGEST_QUEUE_S:
                        continue
                    free[fd] = begin + len(packet) / rate
                    begin = free[fd]
                # Jitter delays; it does not change the order
                last[to] = max(last[to], begin + delay + random.uniform(0, jitter))
                count += 1
                heapq.heappush(queue, (last[to], count, to, packet))
        while queue and queue[0][0] <= time.monotonic():
            _, _, to, packet = heapq.heappop(queue)
            try:
                os.write(to, packet)
            except BlockingIOError:
                pass


names = sys.argv[1].split(",")
delay_ms, jitter_ms, loss_percent, mbit = map(float, sys.argv[2:6])
for name in names:
    sh(f"ip netns del {name}", check=False)
try:
    tuns = {n: open_tun(f"{name[:12]}t", name, n) for n, name in enumerate(names, 1)}
    print("up", flush=True)
    carry(tuns | {n + MOVED: fd for n, fd in tuns.items()}, delay_ms / 1e3, jitter_ms / 1e3, loss_percent / 100, mbit * 1e6 / 8)
finally:
    for name in names:
        sh(f"ip netns del {name}", check=False)
