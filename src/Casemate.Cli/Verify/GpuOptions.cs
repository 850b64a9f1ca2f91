using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Casemate.Attestation.Nvidia;
using Casemate.Attestation.Policy;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>The options of <c>casemate verify</c> that are about GPUs.</summary>
internal sealed class GpuOptions
{
    private const int MostDigestBytes = 64;

    private readonly Option<string[]> _root = new("--gpu-root")
    {
        Description = "Accepted roots of GPUs: 'production' (NVIDIA's, pinned) or a file of root certificates, whose acceptance says "
            + "SIMULATED. Repeatable; only what is named counts. Default: production.",
        HelpName = "production|FILE",
    };

    private readonly Option<string[]> _measurement = new("--gpu-measurement")
    {
        Description = "A digest that a measurement of a GPU may have, by its index. Repeatable. Default: any.",
        HelpName = "INDEX=HEX",
    };

    private readonly Option<string[]> _driver = new("--gpu-driver")
    {
        Description = "A version of the GPU's driver that is accepted, compared exactly. Repeatable. Default: any.",
        HelpName = "VERSION",
    };

    private readonly Option<string[]> _vbios = new("--gpu-vbios")
    {
        Description = "A version of the GPU's VBIOS that is accepted, compared exactly. Repeatable. Default: any.",
        HelpName = "VERSION",
    };

    /// <summary>The options, to be added to the command.</summary>
    public IEnumerable<Option> All
    {
        get
        {
            _root.CompletionSources.Add(RootOptions.Production);
            return [_root, _measurement, _driver, _vbios];
        }
    }

    /// <summary>Reads the accepted roots.</summary>
    /// <exception cref="MalformedInputException">A file is unreadable or holds no root.</exception>
    public GpuTrustRoots ReadRoots(ParseResult arguments)
    {
        var values = arguments.GetValue(_root) ?? [];
        var roots = values.Length == 0 || values.Contains(RootOptions.Production) ? GpuTrustRoots.Production : GpuTrustRoots.None;
        return values.Where(value => value != RootOptions.Production).SelectMany(RootCertificates.Read)
            .Aggregate(roots, (all, root) => root.Der.Span.SequenceEqual(GpuTrustRoots.NvidiaDeviceIdentityCa.Span)
                ? all.AcceptsProduction ? all : GpuTrustRoots.Production
                : all.AllowSimulatedRoot(root.Der.Span));
    }

    /// <summary>The accepted roots, for people.</summary>
    public string Describe(ParseResult arguments) => RootOptions.Describe(arguments.GetValue(_root) ?? []);

    /// <summary>Reads what is asked of measurements and versions.</summary>
    /// <exception cref="CliException">A measurement is not written as it must be.</exception>
    public GpuPolicy ReadPolicy(ParseResult arguments) => new()
    {
        Measurements = (arguments.GetValue(_measurement) ?? []).Select(ReadMeasurement).GroupBy(m => m.Index)
            .ToImmutableSortedDictionary(group => group.Key, group => group.Select(m => m.Digest).ToImmutableArray()),
        DriverVersions = [.. arguments.GetValue(_driver) ?? []],
        VbiosVersions = [.. arguments.GetValue(_vbios) ?? []],
    };

    private static (int Index, byte[] Digest) ReadMeasurement(string text)
    {
        var parts = text.Split('=', 2);
        return parts.Length == 2
            && byte.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index > 0
            && parts[1].Length is > 0 and <= 2 * MostDigestBytes && parts[1].Length % 2 == 0 && parts[1].All(char.IsAsciiHexDigit)
            ? (index, Convert.FromHexString(parts[1]))
            : throw CliException.Usage(
                $"--gpu-measurement '{text}' is not an index from 1 to 255, '=' and a digest as hex",
                "Such as --gpu-measurement 9=4a2f….");
    }
}
