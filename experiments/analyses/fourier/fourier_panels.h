#pragma once
// What figures of Fourier analysis have in common: a panel a training, and titles over all of them.

#include <functional>
#include <string>
#include <vector>

#include "experiments/analyses/fourier/fourier_findings.h"
#include "experiments/lab/figure.h"

namespace dualtape::analyses {

// A figure with a panel for each of the first trainings; its caption says how many there are.
class TrainingPanels {
  public:
    TrainingPanels(const FourierFindings& findings, const char* stem, const std::string& setting,
                   lab::Axis x);

    const std::vector<const FourierTraining*>& shown() const { return shown_; }
    lab::Panel& add(const FourierTraining& training, lab::Axis y);
    bool is_empty() const { return figure_.panels.empty(); }
    // The figure, complete; more panels than one stand in so many columns.
    lab::Figure finish(const std::string& title, const std::string& caption, const std::string& alt,
                       int columns = 1);

  private:
    std::size_t num_trainings_;
    std::vector<const FourierTraining*> shown_;
    lab::Figure figure_;
};

// Of all trainings, shown or not; NaN is left out.
std::vector<double> over_trainings(const FourierFindings& findings,
                                   const std::function<double(const FourierTraining&)>& value);
// "5", or "3 to 5"; a dash for no values.
std::string range(const std::vector<double>& values,
                  const std::function<std::string(double)>& text);
// "91 %".
std::string whole_percent(double share);

bool has_numbers(const std::vector<double>& values);

}  // namespace dualtape::analyses
