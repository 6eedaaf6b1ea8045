#include "experiments/analyses/curvature/sharpness_measures.h"

#include <cmath>

#include "engine/core/point.h"
#include "engine/curvature/length.h"
#include "engine/curvature/point_operator.h"

namespace dualtape::analyses {

SharpnessMeasures measure_all_sharpness(const Model<double>& model, Workspace<double>& work,
                                        In<Vec<double>> theta, const Batch<double>& batch,
                                        const MeasureSettings& settings,
                                        const std::function<bool()>& goes_on) {
    namespace cv = curvature;
    SharpnessMeasures result;
    Vec<double> g;
    // Step 1. What one point knows. Later values and gradients make it stale.
    {
        const Point<double> point = model.at(work, theta, batch);
        g = point.gradient();
        result.loss = point.value();
        result.gradient_norm = cv::length(g);
        result.norm = cv::norm<double>(theta);
        result.gradient_curvature =
            cv::gradient_curvature<double>(cv::PointOperator<double>(point), g);
        result.fisher_rao = cv::fisher_rao<double>(
            cv::PointOperator<double>(point, cv::CurvatureMatrix::gauss_newton), theta);
    }
    struct Stopped {};
    const auto go_on = [&] {
        if (!goes_on()) throw Stopped();
    };
    const cv::Loss<double> loss = [&](In<Vec<double>> at) {
        go_on();
        ++result.evaluations;
        return model.value(work, at, batch);
    };
    const cv::LossGradient<double> climb = [&](In<Vec<double>> at, Out<Vec<double>> gradient) {
        go_on();
        ++result.gradients;
        return model.gradient(work, at, batch, gradient);
    };
    try {
        // Step 2. Along the gradient.
        const double sharpness = result.gradient_curvature;
        // Without curvature to go by, a step as long as theta.
        double first_step = sharpness > 0 ? 4 / sharpness : result.norm / result.gradient_norm;
        if (!(first_step > 0 && std::isfinite(first_step))) first_step = 1;
        result.critical = cv::critical_sharpness<double>(loss, theta, -g, first_step);
        result.sam = cv::sam_sharpness<double>(loss, theta, g, settings.sam_rho);
        result.asam = cv::asam_sharpness<double>(loss, theta, g, settings.asam_rho);
        // Step 3. In random directions.
        result.average = cv::average_sharpness<double>(loss, theta, settings.average_sigma,
                                                       settings.average_pairs, settings.seed);
        // Step 4. In the worst direction.
        const cv::AscentSettings ascent{settings.ascent_starts, settings.ascent_evaluations,
                                        settings.seed};
        result.ball = cv::epsilon_sharpness<double>(climb, theta, settings.ball_rho, ascent);
        result.keskar = cv::keskar_sharpness<double>(climb, theta, settings.keskar_epsilon, ascent);
    } catch (const Stopped&) {
        result.is_cancelled = true;
    }
    return result;
}

}  // namespace dualtape::analyses
