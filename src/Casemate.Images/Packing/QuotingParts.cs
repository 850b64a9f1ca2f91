using Casemate.Images.Closure;
using Casemate.Measurement.Enclave;

namespace Casemate.Images.Packing;

/// <summary>Says what an image lacks to make quotes in the way that it is labelled with.</summary>
internal static class QuotingParts
{
    /// <summary>The required parts that are in no directory of the image, by their names.</summary>
    /// <param name="options">What is packed. A way that was asked for by name is held to it, whatever the program itself names.</param>
    /// <param name="mode">The way in which quotes are made.</param>
    /// <param name="enclaves">The enclaves: Gramine's runtime asks for quotes by itself, without the client library.</param>
    /// <param name="closure">The files of the image.</param>
    public static List<string> Missing(
        PackOptions options, QuoteMode mode, IReadOnlyCollection<PackedEnclave> enclaves, ClosureResult closure)
    {
        var isOfGramine = enclaves.Count > 0 && enclaves.All(enclave => enclave.Report.Format is EnclaveFormat.Gramine);
        if (mode is QuoteMode.OutOfProcess && isOfGramine)
        {
            return [];
        }

        var names = closure.Files.Select(file => file.Path[(file.Path.LastIndexOf('/') + 1)..]).ToHashSet(StringComparer.Ordinal);
        return [.. RuntimeParts.RequiredFor(mode).Where(part => !names.Contains(part) && !options.AllowMissing.Contains(part))];
    }

    /// <summary>One sentence about a part that is missing.</summary>
    /// <param name="mode">The way in which quotes are made.</param>
    /// <param name="part">The part.</param>
    public static string Sentence(QuoteMode mode, string part) =>
        $"{ImageLabels.TextOf(mode)} quotes need {part}, which is not in the image: the program does not open it by that name, or the "
        + "root does not have it";
}
