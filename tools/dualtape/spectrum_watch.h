#pragma once
// Live progress of spectra on stderr: products, Ritz values, worst residual, HVP/s, time left.

#include <deque>
#include <ostream>
#include <string>

#include "experiments/analyses/curvature/spectrum.h"
#include "experiments/lab/progress.h"

namespace dualtape::tools {

// Counts the spectra of a command. All are announced first, so that their number stays the same;
// the number of products of one is shown once it is known, which is after its eigenvalues.
class SpectrumWatcher {
  public:
    SpectrumWatcher(std::ostream& out, lab::Progress::Style style, lab::Progress::Clock clock);
    // On the terminal.
    explicit SpectrumWatcher(bool is_quiet);

    void announce(const std::string& name);
    // Of the next spectrum, in the order in which they were announced; it stops when an interrupt
    // has come.
    analyses::SpectrumWatch next();
    void finish();

  private:
    lab::Progress progress_;
    std::deque<lab::ProgressTask*> waiting_;
    lab::ProgressTask* current_ = nullptr;
};

}  // namespace dualtape::tools
