#include "experiments/analyses/fourier/fourier_verdict.h"

#include <algorithm>
#include <cmath>

#include "experiments/lab/toml.h"
#include "experiments/report/decisions.h"
#include "experiments/report/run_tables.h"
#include "experiments/statistics/statistics.h"

namespace dualtape::analyses {

namespace {

constexpr double kMost = 0.5;          // share of explained neurons: single frequencies prevail
constexpr double kGeneralises = 0.95;  // test accuracy
constexpr double kSignificant = 0.05;

using Trainings = std::vector<const FourierTraining*>;

std::string percent(double share) { return report::readable(std::round(1000 * share) / 10) + " %"; }

// What the rule compares, for a sentence.
std::string rule_words(const std::string& rule) {
    if (rule == "embedding") return "by the norm of the table of tokens";
    return rule == "output" ? "by the norm of the output map" : "by the neurons";
}

std::string spaced_list(std::string text) {
    std::vector<std::string> items(1);
    for (const char c : text) {
        if (c == ' ') {
            items.emplace_back();
        } else {
            items.back() += c;
        }
    }
    return report::listing(items);
}

double test_accuracy(const FourierFindings& findings, const FourierTraining& training) {
    return findings.progress.last_numbers(training.name, "test_accuracy").back();
}

// Why one frequency explains only a minority of the neurons.
std::string why_not(const FourierFindings& findings, const FourierTraining& training) {
    const double accuracy = test_accuracy(findings, training);
    const double p_value = training.number("mean_fve_p_value");
    const std::string p = report::p_value_in_words(p_value, training.number("permutations"));
    std::string reason;
    if (accuracy < kGeneralises) {
        reason =
            "the network has not generalised (test accuracy " + report::readable(accuracy) + ")";
    } else if (training.number("live_neurons") == 0) {
        reason = "no neuron varies over the pairs";
    } else {
        reason = "its neurons mix frequencies (mean FVE " +
                 report::readable(training.number("mean_fve")) + ")";
    }
    if (p_value > kSignificant) {
        reason += ", and permuted tokens give as much (" + p + ")";
    } else if (p_value <= kSignificant) {
        reason += ", though their mean FVE is more than permuted tokens give (" + p + ")";
    }
    return reason;
}

std::string keys_sentence(const FourierTraining& training) {
    const std::vector<double> keys = training.keys();
    const std::string rule = rule_words(training.text("key_rule"));
    if (keys.empty()) return "There is no key frequency " + rule + ".";
    return std::to_string(keys.size()) +
           (keys.size() == 1 ? " key frequency " : " key frequencies ") + rule + ": " +
           spaced_list(training.text("keys")) + ".";
}

std::string neurons_sentence(const FourierFindings& findings, const FourierTraining& training) {
    const double share = training.number("explained_share");
    if (std::isnan(share)) return " All neurons are dead.";
    std::string text = " One frequency explains " + training.text("fve_threshold") +
                       " or more of the variance of " + training.text("explained_neurons") +
                       " of " + training.text("live_neurons") + " live neurons (" + percent(share) +
                       ")";
    if (share < kMost) text += ": " + why_not(findings, training);
    return text + ".";
}

std::string losses_sentence(const FourierFindings& findings, const FourierTraining& training) {
    const auto last = [&](const char* column) {
        return report::readable(findings.progress.last_numbers(training.name, column).back());
    };
    if (training.keys().empty()) return "";
    return " With the keys alone the loss over all pairs is " + last("restricted_loss") +
           " nats, in full " + last("all_loss") + "; without them the train loss is " +
           last("excluded_loss") + " instead of " + last("train_loss") + ".";
}

std::string nulls_sentence(const FourierTraining& training) {
    if (training.text("largest_fve_p_value").empty()) return "";
    const auto p = [&](const char* quantity) {
        return report::p_value_in_words(training.number(quantity), training.number("permutations"));
    };
    std::string text = " Against " + training.text("permutations") +
                       " permutations of the tokens: " + p("mean_fve_p_value") +
                       " for the mean FVE";
    if (!training.text("embedding_p_value").empty()) {
        text += ", " + p("embedding_p_value") + " for the table of tokens";
    }
    return text + ", " + p("correlated_neurons_p_value") +
           " for the number of neurons correlated with a wave.";
}

// Median over seeds and their range: "0.91 (0.85 to 0.95)"; "0.91" where all are the same.
std::string over_seeds(std::vector<double> values, const auto& text) {
    std::erase_if(values, [](double v) { return std::isnan(v); });
    if (values.empty()) return "–";
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const std::string middle = text(statistics::median(values));
    return *low == *high ? middle : middle + " (" + text(*low) + " to " + text(*high) + ")";
}

std::string setting_sentence(const FourierFindings& findings, const Trainings& trainings) {
    std::vector<double> keys, shares;
    const FourierTraining* least = trainings[0];
    for (const FourierTraining* training : trainings) {
        keys.push_back(static_cast<double>(training->keys().size()));
        shares.push_back(training->number("explained_share"));
        if (shares.back() < least->number("explained_share")) least = training;
    }
    const std::string name = trainings[0]->setting;
    std::string text = (name.empty() ? "" : name + ": ") + over_seeds(keys, report::readable) +
                       " key frequencies " + rule_words(trainings[0]->text("key_rule")) + ", " +
                       over_seeds(shares, percent) + " of the live neurons explained by one";
    if (least->number("explained_share") < kMost) {
        const auto [low, high] = std::minmax_element(shares.begin(), shares.end());
        const std::string where = *low < *high ? "fewest at " + least->seed() + ", where " : "";
        text += "; " + where + why_not(findings, *least);
    }
    return text + ".";
}

}  // namespace

std::string share_text(const std::string& share) {
    double value = 0;
    return lab::toml::read_real(share, value) ? percent(value) : "–";
}

std::string fourier_verdict(const FourierFindings& findings) {
    if (findings.trainings.size() == 1) {
        const FourierTraining& only = findings.trainings[0];
        return keys_sentence(only) + neurons_sentence(findings, only) +
               losses_sentence(findings, only) + nulls_sentence(only);
    }
    std::string text = "Medians over seeds, with their range.";
    for (const std::string& setting : findings.settings()) {
        text += " " + setting_sentence(findings, findings.of_setting(setting));
    }
    return text;
}

}  // namespace dualtape::analyses
