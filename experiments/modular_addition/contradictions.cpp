// What the publication behind modular_addition says against itself, and what is done here.

#include "experiments/modular_addition/claims.h"

namespace dualtape::modular_addition {

lab::ReportTable contradictions_of_modular_addition() {
    return {
        .title = "Contradictions in the publication, and what is done here",
        .note = "",
        .columns = {"in the publication", "here"},
        .rows = {
            {"50 369 parameters, \"about 50K\"",
             "109 297, counted; no setting of the publication gives 50 369"},
            {"Memorisation in epochs 0 to 500 and grokking in 500 to 800, with train accuracies",
             "its code never measures train accuracy; the steps at which both accuracies are "
             "reached are reported, with their delay"},
            {"Ablating top neurons is said to cost 20 to 40 %, and, in its conclusion, 0 %",
             "single neurons and groups of them are both ablated, and both are stated"},
            {"5 to 10 neurons are said to do most of the work in a sparse circuit",
             "the size of the minimal circuit at 99 and 90 % of the accuracy, beside random "
             "circuits of the same size"},
            {"\"Some Fourier correlation\" and \"hypothesis rejected\"",
             "the published test is void: activations and sums come from different random "
             "samples, frequencies end at 19 of 56, and only the sum is tried. Here both come "
             "from the same pairs, for every frequency and for a + b, a, b and a - b, against "
             "a permutation null"},
            {"The test set of ablations is a fresh random draw, which leaks training pairs",
             "the held-out pairs of the run; training pairs apart"},
            {"Activations called fc1_pre (the embedding) and fc2_pre (the logits)",
             "input, layers.0.pre, layers.0.post, logits"},
            {"A heat map with \"red = high\" in other colours; importances of 0.12 and of 10.94",
             "one colour scale with its unit; importances as measured and relative to their "
             "mean"},
            {"A mean importance of 3.81, and about 30 of 256 neurons above twice that",
             "numbers of cross-entropy in single precision: once the probability of the right "
             "class rounds to 1, gradients vanish, Adam's second moments fade, and the weights "
             "are thrown up again and again. Here the loss is computed in double"},
            {"Advice for when nothing groks: 8000 to 10000 epochs, decay 2e-2, p 97, rate 5e-4",
             "settings to be tried by flag, not prose"},
            {"Epochs are counted from 0 to 999, the last one printed is 1000",
             "steps are counted from 1; step 0 is the untrained network"}}};
}

}  // namespace dualtape::modular_addition
