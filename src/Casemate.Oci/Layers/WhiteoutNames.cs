namespace Casemate.Oci.Layers;

/// <summary>Names in a layer that remove something of the layers below. Source: OCI Image Format Specification 1.1, layer.md, "Whiteouts".</summary>
internal static class WhiteoutNames
{
    public const string Prefix = ".wh.";

    /// <summary>Removes everything that the layers below have in the directory.</summary>
    public const string Opaque = ".wh..wh..opq";

    /// <summary>Names that an old storage driver kept for itself, and that no reader unpacks.</summary>
    public const string ReservedPrefix = ".wh..wh.";
}
