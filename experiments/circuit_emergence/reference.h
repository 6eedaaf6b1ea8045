#pragma once
// What the publication stored, when a run has its setting, and how the two compare.

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/circuit_emergence/by_width.h"

namespace dualtape::circuit_emergence {

// Stored accuracies of the publication (github.com/krishnanj/apart-hackathon-ideas): the concept
// "x is even", one run per width, each probe scored on the pairs that it was fitted to: the last
// 1882 of torch.randperm with seed 42. Of these 955 are even, a share of 0.5074; what is stored at
// pre 1 is what a probe of the two integers themselves scores.
struct Published {
    std::int64_t width;
    double pre_1, pre_2, logits;
};
inline constexpr Published kPublished[] = {
    {16, 0.5165, 0.5191, 0.5287},  {32, 0.5165, 0.5399, 0.5462},  {64, 0.5165, 0.5372, 0.5452},
    {128, 0.5165, 0.5345, 0.5499}, {256, 0.5165, 0.5329, 0.5473},
};
inline constexpr double kTolerance = 0.02;  // of an accuracy

// The layers that the publication probes, which are outputs of linear maps.
struct PublishedLayer {
    const char* node;
    double Published::*accuracy;
};
inline constexpr PublishedLayer kPublishedLayers[] = {{"layers.0.pre", &Published::pre_1},
                                                      {"layers.1.pre", &Published::pre_2},
                                                      {"logits", &Published::logits}};

// True for the settings of recipe literal, over any seeds (report/judged_setting.h).
bool is_published_setting(const std::filesystem::path& folder);

// A published accuracy beside ours by the same protocol, over the seeds.
struct Comparison {
    std::int64_t width = 0;
    std::string node{};
    double published = 0;
    OverSeeds measured{};
    double converged = NAN;  // accuracy of the converged probe; NaN: not probed
    std::string verdict{};   // "holds", "fails", "not judged: why"

    double difference() const { return measured.mean.value - published; }
};
// Every published number of the widths of the run, layer by layer.
std::vector<Comparison> compare_with_published(const ByWidth& by_width);

// reference.tsv: these comparisons. Nothing for other settings.
void write_reference(const std::filesystem::path& folder, const ByWidth& by_width);

}  // namespace dualtape::circuit_emergence
