// Ops that a user writes: their rules are compiled here, with the flags of this side.
#include <cmath>

#include "engine/dualtape.h"
#include "engine/ops/bases.h"
#include "engine/ops/check_op.h"
#include "parts.h"  // layer-ok: of this project

namespace {

using dualtape::Index;

struct Cube : dualtape::ops::Elementwise<Cube> {  // y = x^3, any shape
    static constexpr auto name = "cube";
    static constexpr bool needs_x = true, needs_y = false;
    template <class Scalar>
    static void evaluate(Scalar* y, const Scalar* x, Index size) {
        for (Index i = 0; i < size; ++i) y[i] = x[i] * x[i] * x[i];
    }
    template <class X, class Y>
    static auto d1(const X& x, const Y&) {
        return typename X::Scalar(3) * x * x;
    }
    template <class X, class Y>
    static auto d2(const X& x, const Y&) {
        return typename X::Scalar(6) * x;
    }
};

// y = a b, a product of its own: products of ops pack into memory of the library's.
struct Times : dualtape::ops::Bilinear<Times> {
    static constexpr auto name = "times";
    dualtape::Shape shape(std::span<const dualtape::Shape> in) const {
        return {in[0].rows, in[1].span, in[1].is_fixed, false};
    }
    template <class Scalar, class A, class B, class Y>
    void apply(dualtape::Frame<Scalar>& frame, const A& a, const B& b, Y y, bool adds) const {
        frame.multiply(y.data(), dualtape::operand(a), dualtape::operand(b), adds);
    }
    template <class Scalar, class U, class B>
    void left(dualtape::Frame<Scalar>& frame, const U& u, const B& b) const {
        frame.give_product(0, dualtape::operand(u), dualtape::transposed(b));
    }
    template <class Scalar, class A, class U>
    void right(dualtape::Frame<Scalar>& frame, const A& a, const U& u) const {
        frame.give_product(1, dualtape::transposed(a), dualtape::operand(u));
    }
};

}  // namespace

bool own_op_is_right() {
    // Times multiplies matrices, for which the library has no complex numbers.
    const dualtape::OpSlot input{dualtape::OpSlot::Kind::sample, 3, 1};
    if (!dualtape::check_op(Cube{}, {input}).is_ok()) return false;

    // L = sum (theta^3)^2 = sum theta^6, so H v = 30 theta^4 * v.
    dualtape::Graph<double> graph;
    const auto theta = graph.parameter("theta", 35);
    const dualtape::Model<double> model(graph, sum_squares(graph.add(Cube{}, {theta})));
    dualtape::Workspace<double> work(model);
    const dualtape::Vec<double> at = dualtape::Vec<double>::LinSpaced(35, -1.0, 1.5);
    const dualtape::Mat<double> v = dualtape::Mat<double>::Constant(35, 1, 2.0);
    dualtape::Mat<double> hv(35, 1);
    model.at(work, at, model.batch()).hessian(v, hv);
    for (Index i = 0; i < 35; ++i) {
        if (std::abs(hv(i) - 60 * std::pow(at(i), 4)) > 1e-9) return false;
    }

    // The same network with this product and with the library's: the same bits of H v.
    dualtape::Mat<float> products[2];
    for (const bool is_own : {false, true}) {
        dualtape::Graph<float> net;
        const auto a = net.parameter("a", 150, 90), b = net.parameter("b", 90, 110);
        const dualtape::Model<float> bilinear(
            net, sum_squares(is_own ? net.add(Times{}, {a, b}) : matmul(a, b)));
        dualtape::Workspace<float> memory(bilinear);
        const dualtape::Vec<float> weights =
            dualtape::Vec<float>::LinSpaced(bilinear.size(), -1.0F, 1.0F);
        const dualtape::Mat<float> direction =
            dualtape::Mat<float>::Constant(bilinear.size(), 1, 0.5F);
        products[is_own ? 1 : 0].resize(bilinear.size(), 1);
        bilinear.at(memory, weights, bilinear.batch()).hessian(direction, products[is_own ? 1 : 0]);
    }
    return products[0] == products[1];
}
