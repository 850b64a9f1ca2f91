using System.Collections.Immutable;

namespace Casemate.Collateral.Service;

/// <summary>How an import of many pieces ended.</summary>
/// <param name="IsStored">True when everything that was to be taken is in the store; false when nothing is.</param>
/// <param name="Pieces">What became of each piece: issuers and lists first, otherwise in their order.</param>
/// <param name="Problem">Why the store did not take it; empty when it did, and when a piece is at fault.</param>
public sealed record CollateralImport(bool IsStored, ImmutableArray<ImportedCollateral> Pieces, string Problem = "");
