#pragma once
// What the program of the consumer does beside asking for derivatives; each part says whether its
// numbers are right.

bool product_is_right();         // a Hessian-vector product
bool handed_over_is_right();     // matrices of either side, freed by the other
bool own_eigen_code_is_right();  // products, solvers and memory of Eigen that are not dualtape's
bool own_op_is_right();          // an op that is compiled here
bool own_threads_are_right();    // threads of the program's own, and children after fork()
