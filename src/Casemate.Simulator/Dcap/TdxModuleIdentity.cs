using System.Collections.Immutable;

namespace Casemate.Simulator.Dcap;

/// <summary>One entry of <c>tdxModuleIdentities</c>. Source: Intel PCS API v4, TCB info v3.</summary>
/// <param name="Id"><c>TDX_</c> and the module's major version (TEE_TCB_SVN[1]) as two hex digits.</param>
public sealed record TdxModuleIdentity(string Id)
{
    /// <summary>Signer and attributes. Default: Intel's.</summary>
    public TdxModuleSigner Signer { get; init; } = new();

    /// <summary>Levels by TEE_TCB_SVN[0], newest first.</summary>
    public ImmutableArray<EnclaveTcbLevel> Levels { get; init; } = [];
}
