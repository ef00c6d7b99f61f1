// Package lifecycle starts the parts of a process in order and stops them in the opposite order.
//
// Owns: the rule of the house that who starts a goroutine waits for it. Part is that rule as an
// interface, Task the usual way to keep it, Group the order between parts.
//
// Trusts: a part's Stop to return in the end. A part that does not is named to the group's Slow
// function again and again, and waited for; only the process's owner may decide to abandon it.
//
// Invariants: a part is stopped if and only if its Start returned nil, exactly once, after every part that was
// started later. Start and Stop may be called any number of times, from any goroutine; each call returns
// only when the change is complete. A group that was stopped does not start again. The first
// fatal error of a running part is reported once, by Done and Err; the group does not stop itself.
//
// Lock order: Group.mu and Task.mu are leaves; neither is held while a part runs.
//
// Does not: restart parts, log, read the environment or handle signals.
package lifecycle
