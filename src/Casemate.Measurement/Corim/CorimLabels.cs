namespace Casemate.Measurement.Corim;

/// <summary>Tags and map keys. Source: draft-ietf-rats-corim-10, sections 4 and 5.</summary>
internal static class CorimLabels
{
    public const ulong Document = 501;
    public const ulong Module = 506;
    public const ulong Uri = 32;
    public const ulong ExactSvn = 552;
    public const ulong MinimumSvn = 553;

    public const int Id = 0;
    public const int Tags = 1;
    public const int Profile = 3;

    public const int TagIdentity = 1;
    public const int Triples = 4;
    public const int TagId = 0;
    public const int TagVersion = 1;

    public const int References = 0;
    public const int Series = 8;

    public const int Class = 0;
    public const int Vendor = 1;
    public const int Model = 2;

    public const int MeasurementKey = 0;
    public const int MeasurementValues = 1;
    public const int Svn = 1;
    public const int Digests = 2;
}
