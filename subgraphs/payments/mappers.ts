/** Which of our types stand behind the GraphQL ones, for codegen. */
export const mappers: Record<string, string> = {
  ComplianceCheck: './compliance/rules.js#ComplianceCheck',
  Dispute: './dispute/rules.js#Dispute',
  Order: './payment/rules.js#PaidOrder',
  Payment: './payment/rules.js#Payment',
  PaymentAttempt: './payment/rules.js#PaymentAttempt',
  PaymentMethod: './payment-method/rules.js#PaymentMethod',
  PaymentMethodDetails: './payment/rules.js#MethodDetails',
  ReconciliationBooking: './reconciliation/rules.js#Booking',
  ReconciliationBreak: './reconciliation/rules.js#ReconciliationBreak',
  Refund: './refund/rules.js#Refund',
  RiskAssessment: './risk/rules.js#RiskAssessment',
  RiskListEntry: './risk-list/rules.js#RiskListEntry',
  RiskReason: './risk/rules.js#RiskReason',
  User: './payment-method/rules.js#MethodOwner',
};
