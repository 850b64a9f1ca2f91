using System.Collections.Immutable;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Primitives.Json;

namespace Casemate.Cli.Policy;

/// <summary>Launch measurements as <c>casemate measure … -o json</c> prints them.</summary>
/// <param name="Snp">Launch digests of SEV-SNP guests.</param>
/// <param name="Tdx">MRTDs.</param>
/// <param name="Rtmrs">Values by register, 0 to 3; empty where none is given.</param>
internal sealed record MeasurementsFile(ImmutableArray<byte[]> Snp, ImmutableArray<byte[]> Tdx, ImmutableArray<ImmutableArray<byte[]>> Rtmrs)
{
    private const int DigestBytes = 48;
    private const int Registers = 4;

    public bool IsEmpty => Snp.IsEmpty && Tdx.IsEmpty;

    /// <summary>Reads files.</summary>
    /// <exception cref="CliException">One cannot be read or holds no measurement (exit code 3).</exception>
    public static MeasurementsFile ReadAll(CommandContext context, string[] paths)
    {
        var (snp, tdx) = (new List<byte[]>(), new List<byte[]>());
        var rtmrs = Enumerable.Range(0, Registers).Select(_ => new List<byte[]>()).ToArray();
        foreach (var path in paths)
        {
            if (!StrictJson.TryParse(PolicyInput.ReadBytes(context, "--measurements", path), out var document, out var error))
            {
                throw CliException.BadInput($"--measurements: '{path}': {error}", "Give the output of 'casemate measure snp|tdx|igvm … -o json'.");
            }

            using (document)
            {
                var before = snp.Count + tdx.Count + rtmrs.Sum(values => values.Count);
                Read(document.RootElement, path, snp, tdx, rtmrs);
                if (snp.Count + tdx.Count + rtmrs.Sum(values => values.Count) == before)
                {
                    throw CliException.BadInput(
                        $"--measurements: '{path}' holds no measurement", "Give the output of 'casemate measure snp|tdx|igvm … -o json'.");
                }
            }
        }

        return new MeasurementsFile(
            Unique(snp), Unique(tdx), rtmrs.Any(values => values.Count > 0) ? [.. rtmrs.Select(Unique)] : []);
    }

    private static void Read(JsonElement root, string path, List<byte[]> snp, List<byte[]> tdx, List<byte[]>[] rtmrs)
    {
        if (root.ValueKind is not JsonValueKind.Object)
        {
            return;
        }

        foreach (var member in root.EnumerateObject().Where(member => member.Value.ValueKind is JsonValueKind.Array))
        {
            foreach (var item in member.Value.EnumerateArray().Where(item => item.ValueKind is JsonValueKind.Object))
            {
                switch (member.Name)
                {
                    case "mrtd":
                        Add(tdx, item, "value", path);
                        break;
                    case "rtmrs" when item.TryGetProperty("index", out var index) && index.TryGetInt32(out var number)
                        && number is >= 0 and < Registers:
                        Add(rtmrs[number], item, "foretold", path);
                        break;
                    default:
                        // VBS measures by other rules, and no policy names it.
                        var platform = item.TryGetProperty("platform", out var name) && name.ValueKind is JsonValueKind.String
                            ? name.GetString()! : "snp";
                        if (platform.Contains("snp", StringComparison.OrdinalIgnoreCase))
                        {
                            Add(snp, item, "measurement", path);
                        }
                        else if (platform.Contains("tdx", StringComparison.OrdinalIgnoreCase))
                        {
                            Add(tdx, item, "measurement", path);
                        }

                        break;
                }
            }
        }
    }

    private static void Add(List<byte[]> values, JsonElement item, string name, string path)
    {
        if (!item.TryGetProperty(name, out var text) || text.ValueKind is JsonValueKind.Null)
        {
            return;
        }

        var bytes = new byte[DigestBytes];
        if (text.ValueKind is not JsonValueKind.String
            || Convert.FromHexString(text.GetString()!, bytes, out var read, out var written) is not System.Buffers.OperationStatus.Done
            || written != DigestBytes || read != text.GetString()!.Length)
        {
            throw CliException.BadInput(
                $"--measurements: '{path}': '{name}' is not {DigestBytes} bytes in hexadecimal digits",
                "Give the output of 'casemate measure snp|tdx|igvm … -o json' as it was printed.");
        }

        values.Add(bytes);
    }

    private static ImmutableArray<byte[]> Unique(List<byte[]> values) => [.. values.DistinctBy(Convert.ToHexStringLower)];
}
