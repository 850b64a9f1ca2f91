using Casemate.Collateral.Store;

namespace Casemate.Collateral.Pccs;

/// <summary>One document of an administrator's upload. Nothing of it is verified.</summary>
/// <param name="Name">Where it stands in the upload, such as <c>tcbinfos[0].sgx_tcbinfo</c>.</param>
/// <param name="Collateral">The document as it stands there.</param>
/// <param name="Compact">
/// The same without white space between its tokens, where that makes a difference: a tool that indents JSON breaks the signature, and
/// the signed form has none. Otherwise null.
/// </param>
public sealed record PlatformCollateralEntry(string Name, StoredCollateral Collateral, StoredCollateral? Compact = null);
