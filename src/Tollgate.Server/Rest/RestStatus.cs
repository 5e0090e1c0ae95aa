using Tollgate.Domain.Errors;

namespace Tollgate.Server.Rest;

/// <summary>
/// The HTTP status of every refusal on REST (spec README 4). Exhaustive: a new code must be given its status here.
/// </summary>
internal static class RestStatus
{
    /// <summary>
    /// <paramref name="declares404"/>: whether the operation declares 404 in the contract; one that does not answers
    /// 400 with the same code.
    /// </summary>
    public static int Of(ErrorCode code, bool declares404) => code switch
    {
        ErrorCode.Unauthenticated =>
                StatusCodes.Status401Unauthorized,
        ErrorCode.AccessDeniedError or ErrorCode.AuthCustomerMismatch or ErrorCode.AuthCustomerReadonly
                or ErrorCode.FetchAllCountriesPricesNotAllowed or ErrorCode.IdentityForbidden
                or ErrorCode.NoFeatureEntitlementError =>
                StatusCodes.Status403Forbidden,
        ErrorCode.AddonNotFound or ErrorCode.AddonsNotFound or ErrorCode.CouponNotFound
                or ErrorCode.CreditGrantNotFound or ErrorCode.CustomCurrencyNotFound or ErrorCode.CustomerNotFound
                or ErrorCode.CustomerResourceNotFound or ErrorCode.EnvironmentMissing
                or ErrorCode.FeatureGroupNotFoundError
                or ErrorCode.FeatureNotFound or ErrorCode.FutureUpdateNotFound or ErrorCode.IntegrationNotFound
                or ErrorCode.MissingSubscriptionInvoiceError or ErrorCode.NoDraftOfferFound
                or ErrorCode.OfferNotFound or ErrorCode.PackageGroupNotFound or ErrorCode.PaymentMethodNotFoundError
                or ErrorCode.PlanNotFound or ErrorCode.ProductNotFoundError
                or ErrorCode.PromotionalEntitlementNotFoundError or ErrorCode.SubscriptionNotFound =>
                declares404 ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest,
        ErrorCode.AddonIsCompatibleWithGroup or ErrorCode.AddonIsCompatibleWithPlan
                or ErrorCode.AddonWithDraftCannotBeDeletedError or ErrorCode.ArchivedCouponCantBeApplied
                or ErrorCode.CanNotUpdateEntitlementsFeatureGroup or ErrorCode.CannotArchiveFeatureError
                or ErrorCode.CannotArchiveFeatureGroupError or ErrorCode.CannotArchiveProductError
                or ErrorCode.CannotChangeBillingIntegration or ErrorCode.CannotDeleteCustomerError
                or ErrorCode.CannotDeleteFeatureError or ErrorCode.CannotDeleteProductError
                or ErrorCode.CannotEditPackageInNonDraftMode or ErrorCode.CannotRemovePaymentMethodFromCustomerError
                or ErrorCode.CannotUnarchiveProductError or ErrorCode.CannotUpdateExpireAtForExpiredCreditGrantError
                or ErrorCode.CannotUpdateUnitTransformationError or ErrorCode.CannotUpsertToPackageThatHasDraft
                or ErrorCode.ChangingPayingCustomerIsNotSupportedError or ErrorCode.CreditGrantAlreadyVoided
                or ErrorCode.CreditGrantCannotBeVoided or ErrorCode.CustomerAlreadyHaveCustomerCoupon
                or ErrorCode.CustomerAlreadyUsesCoupon or ErrorCode.DraftAddonCantBeArchived
                or ErrorCode.DraftAlreadyExists or ErrorCode.DraftPlanCantBeArchived
                or ErrorCode.DuplicatedEntityNotAllowed or ErrorCode.EditAllowedOnDraftPackageOnlyError
                or ErrorCode.EntitlementBelongsToFeatureGroupError or ErrorCode.EntityIsArchivedError
                or ErrorCode.ExperimentAlreadyRunning or ErrorCode.ExperimentStatusError
                or ErrorCode.ImportAlreadyInProgress or ErrorCode.IntegrityViolation
                or ErrorCode.InvalidSubscriptionStatus or ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError
                or ErrorCode.OfferAlreadyExists or ErrorCode.OperationNotAllowedDuringInProgressExperiment
                or ErrorCode.PackageAlreadyPublished or ErrorCode.PlanCannotBePublishWhenBasePlanIsDraft
                or ErrorCode.PlanCannotBePublishWhenCompatibleAddonIsDraft or ErrorCode.PlanIsUsedAsDefaultStartPlan
                or ErrorCode.PlanIsUsedAsDowngradePlan or ErrorCode.PlanWithChildCantBeDeleted
                or ErrorCode.ProductNotPublishedError or ErrorCode.ScheduledMigrationAlreadyExistsError
                or ErrorCode.SubscriptionAlreadyCanceledOrExpired or ErrorCode.SubscriptionAlreadyOnLatestPlanError
                or ErrorCode.SubscriptionInvoiceStatusError or ErrorCode.UnPublishedPackage =>
                StatusCodes.Status409Conflict,
        ErrorCode.RateLimitExceeded =>
                StatusCodes.Status429TooManyRequests,
        ErrorCode.UnexpectedError =>
                StatusCodes.Status500InternalServerError,
        ErrorCode.ServiceUnavailable =>
                StatusCodes.Status503ServiceUnavailable,
        ErrorCode.AccountNotFoundError or ErrorCode.AddonDependencyMissingError
                or ErrorCode.AddonHasToHavePriceError or ErrorCode.AddonQuantityExceedsLimitError
                or ErrorCode.AmountTooLarge or ErrorCode.AwsMarketplaceIntegrationError
                or ErrorCode.AwsMarketplaceIntegrationValidationError or ErrorCode.BadUserInput
                or ErrorCode.BillingIntegrationAlreadyExistsError or ErrorCode.BillingIntegrationMissing
                or ErrorCode.BillingPeriodMissingError or ErrorCode.CannotAddOverrideEntitlementToPlan
                or ErrorCode.CannotDeleteDefaultIntegration
                or ErrorCode.CannotReportUsageForEntitlementWithMeterError or ErrorCode.CheckoutIsNotSupported
                or ErrorCode.CustomerHasNoEmailAddress or ErrorCode.CustomerNoBillingId
                or ErrorCode.DeprecatedEstimateSubscriptionError or ErrorCode.DowngradeBillingPeriodNotSupportedError
                or ErrorCode.DuplicateAddonProvisionedError or ErrorCode.DuplicateIntegrationNotAllowed
                or ErrorCode.DuplicateProductValidationError or ErrorCode.EntitlementLimitExceededError
                or ErrorCode.EntitlementUsageOutOfRangeError or ErrorCode.EntitlementsMustBelongToSamePackage
                or ErrorCode.EntityIdDifferentFromRefIdError
                or ErrorCode.ExperimentNotFoundError or ErrorCode.ExpireAtMustBeLaterThanEffectiveAtError
                or ErrorCode.FailedToCreateCheckoutSessionError or ErrorCode.FailedToImportCustomer
                or ErrorCode.FailedToImportSubscriptions or ErrorCode.FailedToResolveBillingIntegration
                or ErrorCode.FeatureConfigurationExceededLimitError or ErrorCode.FeatureGroupMissingFeaturesError
                or ErrorCode.FeatureNotBelongToFeatureGroupError
                or ErrorCode.FreePlanCantHaveCompatiblePackageGroupError or ErrorCode.GraphQLAliasesLimitExceeded
                or ErrorCode.GraphQLBatchedOperationsLimitExceeded or ErrorCode.GraphQLUnsupportedDirective
                or ErrorCode.HubspotIntegrationError or ErrorCode.ImportSubscriptionsBulkError
                or ErrorCode.IncompatibleSubscriptionAddon or ErrorCode.InitStripePaymentMethodError
                or ErrorCode.IntegrationValidationError or ErrorCode.InvalidAddressError
                or ErrorCode.InvalidArgumentError or ErrorCode.InvalidCancellationDate
                or ErrorCode.InvalidDoggoSignatureError or ErrorCode.InvalidEntitlementResetPeriod
                or ErrorCode.InvalidMemberDelete or ErrorCode.InvalidMetadataError or ErrorCode.InvalidQuantity
                or ErrorCode.InvalidUpdatePriceUnitAmountError
                or ErrorCode.InvoicePreviewNotAvailableForDraftContract or ErrorCode.MemberInvitationError
                or ErrorCode.MemberNotFound or ErrorCode.MergeEnvironmentValidationError
                or ErrorCode.MeterMustBeAssociatedToMeteredFeature or ErrorCode.MeteringNotAvailableForFeatureType
                or ErrorCode.MissingEntityIdError or ErrorCode.MultiSubscriptionCantBeAutoCancellationSourceError
                or ErrorCode.NoActiveSubscriptionForCustomer or ErrorCode.NoFeatureEntitlementInSubscription
                or ErrorCode.NoProductsAvailable or ErrorCode.PackageGroupMinItemsError
                or ErrorCode.PackagePricingTypeNotSet or ErrorCode.PlansCircularDependencyError
                or ErrorCode.PreparePaymentMethodFormError or ErrorCode.PriceNotFound
                or ErrorCode.PricingModelNotSupportedByBillingIntegration
                or ErrorCode.PromotionCodeCustomerNotFirstPurchase or ErrorCode.PromotionCodeMaxRedemptionsReached
                or ErrorCode.PromotionCodeMinimumAmountNotReached or ErrorCode.PromotionCodeNotActive
                or ErrorCode.PromotionCodeNotForCustomer or ErrorCode.PromotionCodeNotFound
                or ErrorCode.RecalculateEntitlementsError or ErrorCode.RequiredSsoAuthenticationError
                or ErrorCode.ResyncAlreadyInProgress or ErrorCode.SelectedBillingModelDoesntMatchImportedItemError
                or ErrorCode.SingleSubscriptionCantBeAutoCancellationTargetError or ErrorCode.StripeCustomerIsDeleted
                or ErrorCode.StripeError or ErrorCode.SubscriptionDoesNotHaveBillingPeriod
                or ErrorCode.SubscriptionMustHaveSinglePlanError or ErrorCode.SubscriptionNoBillingId
                or ErrorCode.TooManyCustomCurrencies or ErrorCode.TooManySubscriptionsPerCustomer
                or ErrorCode.TrialMustBeCancelledImmediately or ErrorCode.UnsupportedFeatureType
                or ErrorCode.UnsupportedParameter or ErrorCode.UnsupportedSubscriptionScheduleType
                or ErrorCode.UnsupportedVendorIdentifier or ErrorCode.UsageMeasurementDiffOutOfRangeError
                or ErrorCode.VersionExceedsMaxValueError or ErrorCode.WorkflowTriggerNotFound =>
                StatusCodes.Status400BadRequest,
    };

    /// <summary>Whether sending the same request again can help; null = let the client decide by the status.</summary>
    public static bool? ShouldRetry(ErrorCode code, int status) => code switch
    {
        ErrorCode.ObjectAlreadyBeingUsedByAnotherRequestError => true,
        _ when status is StatusCodes.Status400BadRequest or StatusCodes.Status409Conflict => false,
        _ => null,
    };
}
