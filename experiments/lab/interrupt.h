#pragma once
// Ctrl-C: the first signal asks for a clean stop, the second stops at once.

#include <exception>
#include <string>

namespace dualtape::lab {

// From now on the first SIGINT or SIGTERM makes is_interrupted() true and says so on stderr; the
// second ends the process with exit code 130. So does the first by itself three seconds later, with
// `farewell` on stderr, when the work at hand does not ask is_interrupted() so soon and none is to
// be saved (WorkToSave): what is on disk then is what a kill would leave, and can be resumed.
void watch_interrupts(const std::string& farewell = "interrupted\n");

// While one lives, an interrupted program goes on until its loop has written what is lost
// otherwise: the steps of a training since the last checkpoint. Several threads may hold one each.
class WorkToSave {
  public:
    WorkToSave();
    ~WorkToSave();
    WorkToSave(const WorkToSave&) = delete;
    WorkToSave& operator=(const WorkToSave&) = delete;
};

// Loops ask after every step. When true: write a checkpoint and throw Interrupted, or, in one of
// several parallel tasks, return early and throw once all tasks have ended.
bool is_interrupted();

// For tests: what a signal would do, and back again.
void request_interrupt();
void clear_interrupt();

// Leaves the experiment; run_main says how to resume and ends with exit code 130.
class Interrupted : public std::exception {
  public:
    const char* what() const noexcept override { return "interrupted"; }
};

inline void throw_if_interrupted() {
    if (is_interrupted()) throw Interrupted();
}

}  // namespace dualtape::lab
