// Package station is the station's clock: what custody.Clock promises (CONTRACTS 1), kept also when the machine's own
// clock does not.
//
// Owns: the one Clock of the process; the mark that keeps it from going back over a restart; the notice of
// forward steps; the look at the kernel's time synchronisation.
//
// Trusts: the kernel's monotonic clock (CLOCK_BOOTTIME: it counts suspension too), whose rate NTP steers and nobody
// steps. Of the wall clock it believes a small difference, by slewing towards it at most 0.5 %, and a large forward one
// after two looks in a row; a backward step is only ever slewed, however large, and its size is in State.Offset.
//
// Invariants: Now never returns less than it has returned before, in this process or - as long as marks could be stored -
// in one before it. The rate of Now against monotonic time lies within 0.5 % of 1, except for a confirmed forward step,
// which begins a new epoch in the same instant.
//
// Over a restart: a Mark names station time, monotonic time and boot. In the same boot (kill -9, upgrade) the clock goes
// on from the mark by the monotonic clock, so nothing needs to be reserved ahead and no crash makes it run ahead of the
// truth. A mark also says whether the clock may run fast after it, and it runs fast only under such a mark. In another boot the monotonic clock says nothing: then Now starts at least `reserve` after the mark, which is more
// than a process can have handed out between two marks.
//
// Lock order: Clock.mu is a leaf; no port is called under it, so a full or stuck disk never stops time.
//
// Does not: know local time or daylight saving (instants are UTC), set the machine's clock, speak NTP.
package station
