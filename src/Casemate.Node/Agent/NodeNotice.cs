namespace Casemate.Node;

/// <summary>Something that an operator should see as an Event of the Node.</summary>
/// <param name="Reason">Which kind, in the form of an Event's reason: <c>EPCNotAdvertised</c>, <c>EPCMigrationRefused</c>,
/// <c>HardwareChanged</c>, <c>CDINotWritten</c>, <c>AESMDirectoryUnusable</c>, <c>EPCLimitsEnforced</c>, <c>EPCLimitsNotEnforced</c>, or <c>Sgx</c> with a member of <see cref="Health.HealthProblemId"/>.</param>
/// <param name="Message">What happened and what to do: one or two sentences.</param>
/// <param name="Warning">True for a warning.</param>
public sealed record NodeNotice(string Reason, string Message, bool Warning);
