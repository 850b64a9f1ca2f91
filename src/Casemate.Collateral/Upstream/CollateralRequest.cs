using Casemate.Collateral.Store;

namespace Casemate.Collateral.Upstream;

/// <summary>What is asked of an upstream.</summary>
/// <param name="Key">What is wanted.</param>
/// <param name="Platform">
/// The machine, for PCK certificates: a provisioning service knows it by its encrypted PPID or its manifest. Null for everything else.
/// </param>
public sealed record CollateralRequest(CollateralKey Key, ProvisionedPlatform? Platform = null);
