using System.Globalization;
using System.Text;
using Casemate.Cli.Commands;
using Casemate.Cli.Serve;
using Casemate.Collateral;
using Casemate.Collateral.Service;
using Casemate.Quoting.Simulated;
using Casemate.Serve.Pccs;

namespace Casemate.Cli.Collateral;

/// <summary>Turns the settings of <c>casemate collateral serve</c> into the options of the service.</summary>
internal sealed class CollateralServeReading(CommandContext context)
{
    private const string Nobody = "none";
    private const string Simulated = "simulated";
    private const string Intel = "intel";
    private const string PccsPrefix = "pccs:";
    private const int MaximumHashFile = 1024;
    private const int MaximumDays = 365;

    /// <summary>Reads all of them.</summary>
    /// <param name="upstreams">Takes up the sources; must live as long as the service.</param>
    /// <param name="cancellationToken">Stops opening the simulated platform.</param>
    /// <exception cref="CliException">A setting makes no sense (exit code 2), or a file that it names is wrong (3).</exception>
    /// <exception cref="MalformedInputException">A file is unreadable or malformed.</exception>
    public async Task<CollateralServerOptions> ReadAsync(CollateralUpstreams upstreams, CancellationToken cancellationToken)
    {
        var collateral = CollateralServeSettings.Collateral.Given(context);
        var given = CollateralServeSettings.Source.Values(context);
        var isUrl = collateral is not null && CollateralUpstreams.IsUrl(collateral);
        if (isUrl && (given.Count > 0 || CollateralServeSettings.Kds.Given(context) is not null))
        {
            throw CliException.Usage(
                "--collateral names a service, beside --source or --kds", "Write the services as --source pccs:URL and --kds URL alone.");
        }

        var bundle = collateral is null || isUrl
            ? null
            : BundleOptions.Read(
                collateral, CollateralServeSettings.BundleKey.Given(context), CollateralServeSettings.AllowUnsignedBundle.IsOn(context));
        var mode = ReadMode(isAlone: bundle is not null && given.Count == 0);
        var sources = given.Count > 0 ? given : [Intel];
        if (sources.Contains(Nobody) && sources.Count > 1)
        {
            throw CliException.Usage("--source none stands alone", "Leave it out, or the others.");
        }

        var simulated = sources.Contains(Simulated);
        if (simulated && ServeSettings.AllowSimulated.Values(context).Count == 0)
        {
            throw CliException.Usage(
                "--source simulated without --allow-simulated: nothing of it would lead to an accepted root",
                "Name the simulator's roots, such as --allow-simulated ~/.local/state/casemate/simulator-roots.pem.");
        }

        if (isUrl && mode is not CollateralMode.Offline)
        {
            sources = [];
            upstreams.AddUrl(collateral!, apiKeyFile: null);
        }
        else if (mode is not CollateralMode.Offline)
        {
            await AddAsync(upstreams, sources, simulated, cancellationToken);
        }

        return ServeSettings.WithTls(
            new CollateralServerOptions
            {
                Listen = CollateralServeSettings.Listen.Text(context) is var listen && listen == Nobody ? null : listen,
                SocketPath = CollateralServeSettings.Socket.Given(context) is { } socket ? Path.GetFullPath(socket) : null,
                StoreDirectory = StoreDirectory(),
                Roots = AcceptedRoots.Read(context),
                Mode = mode,
                InitialCollateral = bundle?.Entries ?? [],
                InitialCollateralName = bundle is null ? "" : BundleOptions.Describe(bundle),
                RegisteredMachinesOnly = CollateralServeSettings.RegisteredOnly.IsOn(context),
                MaxNewMachinesPerSource = ReadNewMachines(),
                Upstreams = [.. upstreams.All],
                Registrar = mode is not CollateralMode.Offline && sources.Contains(Intel) ? upstreams.CreateRegistrar() : null,
                Service = new CollateralServiceOptions { ServeExpiredFor = ReadServeExpiredFor() },
                UserTokenHash = ReadHash(CollateralServeSettings.UserTokenHash),
                AdminTokenHash = ReadHash(CollateralServeSettings.AdminTokenHash),
            },
            context);
    }

    private async Task AddAsync(
        CollateralUpstreams upstreams, IReadOnlyList<string> sources, bool simulated, CancellationToken cancellationToken)
    {
        // It is read on every use, so that it can be exchanged; but a path that leads nowhere from the start is a mistake.
        if (CollateralServeSettings.ApiKeyFile.Given(context) is { } keyFile && !File.Exists(keyFile))
        {
            throw CliException.BadInput($"--api-key-file: '{keyFile}' is no file", "Put the subscription key of Intel's service into it.");
        }

        foreach (var source in sources.Where(source => source != Nobody))
        {
            var name = source.StartsWith(PccsPrefix, StringComparison.Ordinal) ? source[PccsPrefix.Length..] : source;
            if (!CollateralUpstreams.IsUrl(name) && (name is not (Intel or "azure" or Simulated) || name != source))
            {
                throw CliException.Usage(
                    $"--source '{source}' is not one of {CollateralServeSettings.Source.ValueName}",
                    "Write a PCCS as pccs:https://HOST:8081/sgx/certification/v4/.");
            }

            await upstreams.AddAsync(
                name, CollateralServeSettings.ApiKeyFile.Given(context),
                () => SimulatedUpstream.OpenAsync(context, CollateralServeSettings.SimulatorDir.Given(context), cancellationToken));
        }

        switch (CollateralServeSettings.Kds.Given(context) ?? (simulated ? Nobody : "amd"))
        {
            case Nobody:
                break;
            case "amd":
                upstreams.AddKds(null);
                break;
            case var url when CollateralUpstreams.IsUrl(url):
                upstreams.AddKds(url);
                break;
            case var other:
                throw CliException.Usage($"--kds '{other}' is not one of {CollateralServeSettings.Kds.ValueName}");
        }

        if (upstreams.All.Count == 0)
        {
            throw CliException.Usage(
                "--source and --kds name nobody to fetch from",
                "Name a source, or write --mode offline: then an administrator brings collateral.");
        }
    }

    private int ReadNewMachines() =>
        int.TryParse(
            CollateralServeSettings.NewMachines.Text(context), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw CliException.Usage($"{CollateralServeSettings.NewMachines.Flag} is not a number", "Write 1 to 100000.");

    // A bundle alone is for where there is no network.
    private CollateralMode ReadMode(bool isAlone) => (
        isAlone && CollateralServeSettings.Mode.Given(context) is null ? "offline" : CollateralServeSettings.Mode.Text(context)) switch
    {
        "lazy" => CollateralMode.Lazy,
        "req" => CollateralMode.Request,
        "offline" => CollateralMode.Offline,
        var other => throw CliException.Usage($"--mode '{other}' is not one of {CollateralServeSettings.Mode.ValueName}"),
    };

    private string StoreDirectory()
    {
        if (CollateralServeSettings.Store.Given(context) is { } named)
        {
            return Path.GetFullPath(named);
        }

        try
        {
            return Path.Combine(SimulatedInstallation.DefaultDirectory(context.Invocation.Environment), "collateral");
        }
        catch (SimulatedInstallationException exception)
        {
            throw CliException.Usage(exception.Message, "Name a directory with --store or CASEMATE_STORE.");
        }
    }

    // The output of sha512sum names its input behind the hash.
    private string? ReadHash(Setting setting)
    {
        if (setting.Given(context) is not { } path)
        {
            return null;
        }

        var words = ReadSmall(setting, path)
            .Split((char[])[' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return words.Length is 1 or 2 && words[0].Length == 128 && words[0].All(char.IsAsciiHexDigit)
            ? words[0]
            : throw CliException.BadInput(
                $"{setting.Flag}: {path} does not hold the SHA-512 of a token, 128 hex digits",
                "Write it with: printf %s TOKEN | sha512sum > FILE. The token itself stays with whoever presents it.");
    }

    private static string ReadSmall(Setting setting, string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var content = new byte[MaximumHashFile];
            return Encoding.UTF8.GetString(content, 0, stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput($"{setting.Flag}: {path} cannot be read: {exception.Message}", cause: exception);
        }
    }

    private TimeSpan ReadServeExpiredFor()
    {
        if (CollateralServeSettings.ServeExpiredFor.Given(context) is not { } text || text == "0")
        {
            return TimeSpan.Zero;
        }

        var unit = text[^1] switch
        {
            'd' => TimeSpan.FromDays(1),
            'h' => TimeSpan.FromHours(1),
            'm' => TimeSpan.FromMinutes(1),
            _ => TimeSpan.Zero,
        };
        return unit > TimeSpan.Zero
            && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count <= TimeSpan.FromDays(MaximumDays) / unit
            ? count * unit
            : throw CliException.Usage(
                $"--serve-expired-for '{text}' is not a duration of up to {MaximumDays} days",
                "Write a whole number with d, h or m, such as 12h or 7d.");
    }
}
