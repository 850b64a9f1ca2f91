using Casemate.Attestation.Policy;

namespace Casemate.Attestation.Dcap;

/// <summary>Who signs a TDX module, with which attributes, and how current its versions are.</summary>
/// <param name="Major">Major version from the id <c>TDX_NN</c>; null for the general <c>tdxModule</c>.</param>
/// <param name="MrSigner">MRSIGNERSEAM, 48 bytes.</param>
/// <param name="Attributes">SEAMATTRIBUTES, 8 bytes, and the bits of it that count.</param>
/// <param name="Levels">Levels by minor SVN; empty for the general <c>tdxModule</c>.</param>
internal sealed record TdxModuleIdentity(byte? Major, byte[] MrSigner, MaskedValue Attributes, IsvSvnLevel[] Levels)
{
    /// <summary>Reads <c>tdxModule</c>.</summary>
    public static TdxModuleIdentity ReadGeneral(CollateralJson json) =>
        new(null, json.Bytes("mrsigner", 48), ReadAttributes(json), []);

    /// <summary>Reads an entry of <c>tdxModuleIdentities</c>.</summary>
    public static TdxModuleIdentity ReadVersioned(CollateralJson json)
    {
        var id = json.Text("id");
        Span<byte> major = stackalloc byte[1];
        if (id.Length != 6 || !id.StartsWith("TDX_", StringComparison.OrdinalIgnoreCase)
            || Convert.FromHexString(id.AsSpan(4), major, out _, out _) is not System.Buffers.OperationStatus.Done)
        {
            throw json.Error("id", "is not TDX_ followed by two hex digits");
        }

        return new TdxModuleIdentity(
            major[0], json.Bytes("mrsigner", 48), ReadAttributes(json), IsvSvnLevel.ReadAll(json));
    }

    private static MaskedValue ReadAttributes(CollateralJson json) =>
        new(json.Bytes("attributes", 8), json.Bytes("attributesMask", 8));
}
