package bench

import (
	"context"
	"time"
)

// window is what happened on the machine while nothing was changed.
type window struct {
	wall   time.Duration
	of     []usage       // of each group of processes that was watched
	others time.Duration // CPU of everything else
}

// watch measures groups of processes for a time.
func watch(ctx context.Context, d time.Duration, groups ...[]int) (w window, err error) {
	began, all, parts, err := account(groups)
	if err != nil {
		return w, err
	}
	if err := rest(ctx, d); err != nil {
		return w, err
	}
	ended, all2, parts2, err := account(groups)
	if err != nil {
		return w, err
	}
	w.wall, w.others = ended.Sub(began), all2-all
	for i := range groups {
		w.of = append(w.of, parts2[i].minus(parts[i]))
		w.others -= w.of[i].sum()
	}
	return w, nil
}

func account(groups [][]int) (at time.Time, all time.Duration, parts []usage, err error) {
	for _, pids := range groups {
		var sum usage
		for _, pid := range pids {
			c, err := cpu(pid)
			if err != nil {
				return at, 0, nil, err
			}
			sum = sum.plus(c)
		}
		parts = append(parts, sum)
	}
	all, err = busy()
	return time.Now(), all, parts, err
}

// perCameraMinute is CPU seconds for a camera and a minute.
func (w window) perCameraMinute(group, cameras int) float64 {
	return w.of[group].sum().Seconds() / float64(cameras) / w.wall.Minutes()
}

// systemPerCameraMinute is the kernel's part of that.
func (w window) systemPerCameraMinute(group, cameras int) float64 {
	return w.of[group].system.Seconds() / float64(cameras) / w.wall.Minutes()
}

// neighbours is how many cores everything else kept busy.
func (w window) neighbours() float64 { return w.others.Seconds() / w.wall.Seconds() }
