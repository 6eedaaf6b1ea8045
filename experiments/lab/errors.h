#pragma once
// The error of everything that comes from outside: files, options, recipes, the environment.

#include <stdexcept>
#include <string>

namespace dualtape::lab {

// How a program ends.
enum ExitCode : int {
    kDone = 0,
    kFailed = 1,          // the run failed or diverged, or a bug
    kUsage = 2,           // wrong request
    kFiguresMissing = 3,  // all is measured and written, but a figure could not be drawn
    kInterrupted = 130
};

// A file, an option or the environment is wrong. Caught once, in run_main, which prints
//   error: <where>: <what>
//   hint:  <hint>
// and ends with exit code 2 (wrong request) or 1 (the run cannot go on, e.g. a full disk).
class InputError : public std::runtime_error {
  public:
    enum class Kind { usage, run };

    InputError(const std::string& where, const std::string& what, std::string hint,
               Kind kind = Kind::usage)
        : std::runtime_error(where.empty() ? what : where + ": " + what),
          hint_(std::move(hint)),
          kind_(kind) {}

    const std::string& hint() const { return hint_; }
    int exit_code() const { return kind_ == Kind::usage ? kUsage : kFailed; }

  private:
    std::string hint_;
    Kind kind_;
};

}  // namespace dualtape::lab
