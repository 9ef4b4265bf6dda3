/** Which of our types stands behind each GraphQL type; the others are answered as the SDL has them. */
export const mappers: Record<string, string> = {
  Cart: './cart/rules.js#Cart',
  CartLine: './cart/views.js#LineInCart',
  CartWarning: './cart/views.js#CartWarningView',
  Order: './order/rules.js#Order',
  User: './customer/rules.js#Customer',
  ShippingMethod: './shipping-method/rules.js#ShippingMethod',
  ShippingZone: './shipping-zone/rules.js#ShippingZone',
  TaxRate: './tax/rules.js#TaxRate',
  Promotion: './promotion/rules.js#Promotion',
};
