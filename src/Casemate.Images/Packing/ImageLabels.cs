using System.Collections.Immutable;
using System.Globalization;
using Casemate.Images.Closure;

namespace Casemate.Images.Packing;

/// <summary>
/// The labels of a packed image, which are its manifest's annotations as well: what a cluster must know of an enclave before it is started.
/// Several values of one label are separated by commas. They say what the image claims; evidence says what runs.
/// </summary>
public static class ImageLabels
{
    /// <summary>What the names of all labels begin with.</summary>
    public const string Prefix = "dev.casemate.";

    /// <summary>The version of the program that packed.</summary>
    public const string Tool = Prefix + "tool";

    /// <summary>The digest over everything that was packed: paths, modes, contents, before layers and configuration.</summary>
    public const string Source = Prefix + "source";

    /// <summary>Where quotes are made: <c>out-of-process</c>, <c>in-process</c> or <c>none</c>.</summary>
    public const string Quotes = Prefix + "quotes";

    /// <summary>
    /// Bytes of protected memory that quoting enclaves take besides the program's, where quotes are made in the process; there only.
    /// </summary>
    public const string QuotesEpc = Prefix + "quotes.epc-suggested";

    /// <summary>The kind of enclave: <c>open-enclave</c>, <c>intel-sdk</c>, <c>gramine</c> or <c>opaque</c>.</summary>
    public const string Kind = "kind";

    /// <summary>The enclave's path in the image.</summary>
    public const string Path = "path";

    /// <summary>MRENCLAVE of each way in which it can be loaded.</summary>
    public const string MrEnclave = "mrenclave";

    /// <summary><c>recomputed</c> from the file, or <c>claimed</c> by the signer alone.</summary>
    public const string Measured = "measured";

    /// <summary>MRSIGNER.</summary>
    public const string MrSigner = "mrsigner";

    /// <summary>ISVPRODID.</summary>
    public const string ProductId = "isvprodid";

    /// <summary>ISVSVN.</summary>
    public const string SecurityVersion = "isvsvn";

    /// <summary>ATTRIBUTES as 32 hexadecimal digits: flags, then XFRM, each as a number.</summary>
    public const string Attributes = "attributes";

    /// <summary>The mask of <see cref="Attributes"/>.</summary>
    public const string AttributesMask = "attributes-mask";

    /// <summary><c>true</c> when it may run in debug mode.</summary>
    public const string Debug = "debug";

    /// <summary>Bytes of protected memory that it takes when it starts.</summary>
    public const string EpcMinimum = "epc-minimum";

    /// <summary>Bytes of protected memory to ask for.</summary>
    public const string EpcSuggested = "epc-suggested";

    /// <summary>The name of a label about one of the image's enclaves.</summary>
    /// <param name="index">Which, from 0. The first has no number in its labels, the second has 2.</param>
    /// <param name="name">One of the names above, such as <see cref="MrEnclave"/>.</param>
    public static string OfEnclave(int index, string name) =>
        index == 0 ? $"{Prefix}enclave.{name}" : string.Create(CultureInfo.InvariantCulture, $"{Prefix}enclave{index + 1}.{name}");

    /// <summary>A mode as labels and options write it.</summary>
    public static string TextOf(QuoteMode mode) => mode switch
    {
        QuoteMode.OutOfProcess => "out-of-process",
        QuoteMode.InProcess => "in-process",
        QuoteMode.None => "none",
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };

    internal static void AddEnclave(ImmutableSortedDictionary<string, string>.Builder labels, int index, PackedEnclave enclave)
    {
        void Add(string name, string value) => labels[OfEnclave(index, name)] = value;
        string Each(Func<EnclaveIdentity, string> value) => string.Join(
            ',', enclave.Identities.Select(value).Distinct(StringComparer.Ordinal));

        Add(Kind, KindOf(enclave));
        Add(Path, enclave.Path);
        Add(MrEnclave, Each(identity => identity.MrEnclave));
        Add(Measured, enclave.IsRecomputed ? "recomputed" : "claimed");
        Add(MrSigner, Each(identity => identity.MrSigner));
        Add(ProductId, Each(identity => Number(identity.ProductId)));
        Add(SecurityVersion, Each(identity => Number(identity.SecurityVersion)));
        Add(Attributes, Each(identity => $"{(ulong)identity.Flags:x16}{identity.Xfrm:x16}"));
        Add(AttributesMask, Each(identity => $"{(ulong)identity.FlagsMask:x16}{identity.XfrmMask:x16}"));
        Add(Debug, enclave.Identities.Any(identity => identity.IsDebugAllowed) ? "true" : "false");
        if (enclave.MinimumEpcBytes is { } minimum)
        {
            Add(EpcMinimum, Number(minimum));
        }

        if (enclave.SuggestedEpcBytes is { } suggested)
        {
            Add(EpcSuggested, Number(suggested));
        }
    }

    internal static string KindOf(PackedEnclave enclave) => enclave.Report.Format switch
    {
        Measurement.Enclave.EnclaveFormat.OpenEnclave => "open-enclave",
        Measurement.Enclave.EnclaveFormat.IntelSdk => "intel-sdk",
        Measurement.Enclave.EnclaveFormat.Gramine => "gramine",
        _ => "opaque",
    };

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
