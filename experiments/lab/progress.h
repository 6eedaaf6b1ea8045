#pragma once
// Progress on stderr: one line that is rewritten on a terminal, else lines at log-spaced steps.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dualtape::lab {

// One number shown beside the step, e.g. {"train loss", 0.31}.
struct Quantity {
    std::string_view name;
    double value = 0;
};

class Progress;
class ProgressTask;

// What takes time between the steps of a task, a known number of times: measurements, rows of a
// table. Their seconds are counted apart, as one may take as long as thousands of steps.
class Interlude {
  public:
    Interlude(ProgressTask& task, std::int64_t planned) : task_(&task), planned_(planned) {}

    // Runs `work` once, and returns what it returns.
    template <class Work>
    auto time(Work&& work) {
        const Open open(*this);
        return work();
    }

  private:
    friend class Progress;

    // From beginning to end, also when `work` throws.
    class Open {
      public:
        explicit Open(Interlude& interlude) : interlude_(interlude) { interlude_.begin(); }
        ~Open() { interlude_.end(); }
        Open(const Open&) = delete;
        Open& operator=(const Open&) = delete;

      private:
        Interlude& interlude_;
    };
    void begin();
    void end();
    double seconds_at(double now) const { return seconds_ + (is_open_ ? now - begin_ : 0); }

    ProgressTask* task_;
    std::int64_t planned_;
    std::int64_t done_ = 0;  // the rest is guarded by the owner of the task
    bool is_open_ = false;
    double begin_ = 0, seconds_ = 0;
};

// Counts the steps of one task. Belongs to one thread at a time; several tasks run side by side.
class ProgressTask {
  public:
    ProgressTask(Progress& owner, std::string name, std::int64_t num_steps);

    // The task begins now, after this step: 0, or one that an earlier start has reached, which the
    // rate does not count. A task that does not say so begins when it is added, and runs alone.
    void resume(std::int64_t step);
    // What else this start of the task will do, so many times. The reference stays valid.
    Interlude& add_interlude(std::int64_t planned);
    // The task has done `step` of its steps. Cheap (an atomic store and a look at the clock, about
    // 50 ns), so training loops call it after every step.
    void at(std::int64_t step);
    // The same with fresh numbers; called instead where they are measured anyway.
    void at(std::int64_t step, const std::vector<Quantity>& quantities);
    void finish();
    // Revises the number of steps; 0: not known yet.
    void expect(std::int64_t num_steps) { num_steps_ = num_steps; }

  private:
    friend class Progress;
    friend class Interlude;

    Progress* owner_;
    std::string name_;
    std::int64_t first_step_ = 0;  // where a resumed task goes on; guarded by the owner
    bool has_begun_ = false;       // by resume()
    double start_, end_ = 0;       // by the clock of the owner
    std::deque<Interlude> interludes_;
    std::atomic<std::int64_t> num_steps_;
    std::atomic<std::int64_t> step_{0};
    std::atomic<bool> is_finished_{false};
    std::vector<std::pair<std::string, double>> quantities_;  // guarded by the owner
    std::int64_t next_line_;  // plain mode: the next step that deserves a line
    bool has_last_line_ = false;
};

// Prints for all tasks. On a terminal one line, at most four times a second and ever more
// seldom; otherwise a line per task at steps 1, 2, 5, 10, 20, 50, ... and at the last one.
class Progress {
  public:
    enum class Style { terminal, plain, quiet };
    using Clock = std::function<double()>;  // seconds, never falling

    // What is counted: "step 3/100 ... 12 steps/s".
    struct Unit {
        std::string one = "step", per_second = "steps/s";
    };

    Progress(std::ostream& out, Style style, Clock clock, int columns, Unit unit);
    Progress(std::ostream& out, Style style, Clock clock, int columns = 80)
        : Progress(out, style, std::move(clock), columns, Unit()) {}

    // The reference stays valid. num_steps 0: not known yet; then no time left is shown.
    ProgressTask& add(std::string name, std::int64_t num_steps);
    void wipe();    // removes the terminal line so that a message can be printed
    void finish();  // leaves the cursor on an empty line

  private:
    friend class ProgressTask;
    friend class Interlude;

    // Seconds that a task which has begun has taken and will still take; NaN: not known yet.
    struct TaskTime {
        double spent = 0, left = 0;
    };
    void show(ProgressTask& task);
    std::string line(const ProgressTask& task, double now) const;
    TaskTime time_of(const ProgressTask& task, double now) const;
    double seconds_left(double now) const;

    std::ostream& out_;
    Style style_;
    Clock clock_;
    int columns_;
    Unit unit_;
    double start_;
    mutable std::mutex mutex_;
    std::atomic<double> next_update_;
    bool has_line_ = false;
    std::deque<ProgressTask> tasks_;
};

// terminal when stderr is one and TERM is not dumb; plain otherwise.
Progress::Style detect_progress_style(bool is_quiet);
int terminal_columns();
double steady_seconds();
std::string format_duration(double seconds);  // 0:07, 12:40, 3:05:00, 2 d 3 h

}  // namespace dualtape::lab
