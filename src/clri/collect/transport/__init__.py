"""How frames and replies get here: one socket runner and one REST poller for all venues (VENUES 5, 6).

socket     all sockets of a venue        poller   all calls of a venue
slot       one socket kept alive         host     whether a host may be called now
link       one socket's life             fetch    one call, body capped
subscribe  frames and their acks         bucket   weight that is left
watchdog   silence by age of data        circuit  a host that fails is left alone
topics     which topic a frame is of     refusal  what a status means, and for how long
feeds      up, down, stale, gap          limits   what each venue allows
queue      bounded, says what is dropped backoff  waits between tries
clock      time, passed in               series   calls that follow from replies
credential a key, and that it shows nowhere
"""

from clri.collect.transport.poller import Poller
from clri.collect.transport.socket import SocketRunner

__all__ = ["Poller", "SocketRunner"]
