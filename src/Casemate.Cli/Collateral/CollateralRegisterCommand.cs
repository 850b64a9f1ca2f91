using System.CommandLine;
using System.Text;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Collateral.Pccs;
using Casemate.Collateral.Upstream;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral register</c>.</summary>
internal sealed class CollateralRegisterCommand : CliCommand
{
    private const string Intel = "intel";
    private const int MaximumTokenFile = 4096;

    private static readonly string Trust = CollateralUpstreams.TrustRemedy("--source-ca");

    private readonly Argument<string?> _file = new("FILE")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "What Intel's PCKIDRetrievalTool wrote on the machine (pckid_retrieval.csv), or the same as JSON. With --to intel "
            + "also the platform manifest alone, as bytes.",
    };

    private readonly Option<bool> _simulated = new("--simulated")
    {
        Description = "Register this user's simulated platform, in place of FILE: to try a service with --source simulated.",
    };

    private readonly Option<string> _simulator = new("--simulator-dir")
    {
        Description = "Directory of the simulated platform, for --simulated. Default: the state directory.",
        HelpName = "DIR",
    };

    private readonly Option<string> _to = new("--to")
    {
        Description = "A PCCS or casemate's collateral service (https://HOST:8081/; another path than /sgx/certification/v4/ is named in "
            + "full), or intel: Intel's registration "
            + "service, for the manifest of a machine with several packages.",
        HelpName = "URL|intel",
        Required = true,
    };

    private readonly Option<string> _token = new("--user-token-file")
    {
        Description = "File with the service's user token; a line end behind it does not count.",
        HelpName = "FILE",
    };

    private readonly Option<string> _authorities = new("--source-ca")
    {
        Description = "The certificate authorities (PEM) that may vouch for the service, in place of the system's.",
        HelpName = "FILE",
    };

    public CollateralRegisterCommand()
        : base(
            "register", "Register a machine, so that there are PCK certificates for it. A second time does no harm. Exit code 0 "
            + "registered, 1 refused, 4 nobody to be reached.",
            new CommandExample(
                "With the service of the cluster",
                "casemate collateral register pckid_retrieval.csv --to https://pccs.example:8081/sgx/certification/v4/ "
                + "--user-token-file user.token"),
            new CommandExample(
                "The simulated platform of this machine, with a service that runs with --plain-http --source simulated",
                "casemate collateral register --simulated --to http://127.0.0.1:8081/ --user-token-file user.token"),
            new CommandExample("With Intel, without a service", "casemate collateral register platform_manifest.bin --to intel"))
    {
        Add(_file);
        foreach (var option in (Option[])[_to, _token, _authorities, _simulated, _simulator])
        {
            Add(option);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (to, tokenFile) = (context.Arguments.GetRequiredValue(_to), context.Arguments.GetValue(_token));
        var isIntel = to == Intel;
        var file = context.Arguments.GetValue(_file);
        var isSimulated = context.Arguments.GetValue(_simulated);
        if (file is null != isSimulated)
        {
            throw CliException.Usage(
                "FILE or --simulated says which machine is registered, and just one of them",
                "Write FILE on the machine with Intel's PCKIDRetrievalTool -f FILE.");
        }

        if (isSimulated && isIntel)
        {
            throw CliException.Usage("Intel knows no simulated platform", "Name a service that runs with --source simulated.");
        }

        if (!isIntel && !CollateralUpstreams.IsUrl(to))
        {
            throw CliException.Usage($"--to '{to}' is neither an address nor intel");
        }

        if (isIntel != tokenFile is null)
        {
            throw CliException.Usage(
                isIntel ? "--to intel needs no --user-token-file" : "a service wants its user token",
                isIntel ? "Intel's registration asks for no token." : "Put it into a file and name that with --user-token-file FILE.");
        }

        using var handler = context.Invocation.CollateralTransport(
            context.Arguments.GetValue(_authorities) is { } authorities ? UpstreamTransport.ReadAuthorities(authorities) : null,
            null, true);
        var answer = isIntel
            ? await RegisterWithIntelAsync(context, file!, handler, cancellationToken)
            : await RegisterWithServiceAsync(
                context, to, file is null ? await SimulatedMachineAsync(context, cancellationToken) : ReadMachine(file), tokenFile!,
                handler, cancellationToken);
        if (answer.Status is UpstreamStatus.Found)
        {
            context.Console.Note($"registered with {(isIntel ? "Intel" : new Uri(to).Authority)}");
            return ExitCode.Success;
        }

        throw new CliException(
            answer.Status is UpstreamStatus.Unavailable or UpstreamStatus.TimedOut or UpstreamStatus.Throttled
                ? ExitCode.Unreachable : ExitCode.Refused,
            ErrorText.OneLine($"not registered: {answer.Problem}"), RemedyFor(answer, to));
    }

    private static string? RemedyFor(UpstreamAnswer answer, string to) => answer switch
    {
        { Status: UpstreamStatus.Unauthorized } => "Compare the token with the hash that the service was given.",
        { HttpStatus: 404 or 405 or >= 300 and < 400 } when to != Intel =>
            $"If that is no reason but a wrong path: --to wants the certification base of a PCCS, such as "
                + $"{new Uri(to).GetLeftPart(UriPartial.Authority)}/sgx/certification/v4/; asked was "
                + $"{CollateralUpstreams.CertificationBase(new Uri(to)).AbsolutePath}.",
        _ => null,
    };

    private static async Task<UpstreamAnswer> RegisterWithIntelAsync(
        CommandContext context, string file, HttpMessageHandler handler, CancellationToken cancellationToken)
    {
        var content = Read(file, PckIdFile.MaximumBytes);

        // A manifest is binary; whatever is text must be what the tool writes.
        var manifest = content.AsSpan().ContainsAnyExceptInRange((byte)'\t', (byte)'~') ? Convert.ToHexString(content)
            : PckIdFile.TryRead(content, out var machine, out var error) ? machine!.PlatformManifest
            : throw CliException.BadInput($"{file}: {error}");
        if (manifest.Length == 0)
        {
            throw CliException.BadInput(
                $"{file} has no platform manifest",
                "A machine with one package needs no registration with Intel: its encrypted PPID is enough.");
        }

        using var registrar = new PlatformRegistrar(
            (context.Invocation.IntelRegistration ?? new PcsOptions().Endpoint) with { TrustRemedy = Trust }, handler,
            context.Invocation.Time);
        return await registrar.RegisterAsync(manifest, cancellationToken);
    }

    private static async Task<UpstreamAnswer> RegisterWithServiceAsync(
        CommandContext context, string to, PlatformRegistration machine, string tokenFile, HttpMessageHandler handler,
        CancellationToken cancellationToken)
    {
        var token = Encoding.UTF8.GetString(Read(tokenFile, MaximumTokenFile)).TrimEnd('\r', '\n');
        try
        {
            var endpoint = new UpstreamEndpoint
            {
                Address = CollateralUpstreams.CertificationBase(new Uri(to)),
                TrustRemedy = Trust,
                FirstByteTimeout = TimeSpan.FromMinutes(2),
                Timeout = TimeSpan.FromMinutes(2),
            };
            using var registrar = new PccsRegistrar(endpoint, handler, context.Invocation.Time);
            return await registrar.RegisterAsync(machine, token, cancellationToken);
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            throw CliException.Usage(exception.Message.Split(" (Parameter", 2)[0], "Write https://HOST:8081/sgx/certification/v4/.");
        }
    }

    private static PlatformRegistration ReadMachine(string file) =>
        PckIdFile.TryRead(Read(file, PckIdFile.MaximumBytes), out var machine, out var error)
        ? machine!
        : throw CliException.BadInput($"{file}: {error}", "Write it on the machine with Intel's PCKIDRetrievalTool -f FILE.");

    private async Task<PlatformRegistration> SimulatedMachineAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var platform = await SimulatedUpstream.OpenPlatformAsync(context, context.Arguments.GetValue(_simulator), cancellationToken);
        var machine = platform.Dcap.Provisioning;
        return new PlatformRegistration
        {
            QeId = machine.QeId,
            PceId = machine.PceId,
            CpuSvn = machine.CpuSvn,
            PceSvn = machine.PceSvn,
            EncryptedPpid = machine.EncryptedPpid,
        };
    }

    private static byte[] Read(string file, int limit)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var content = new byte[limit + 1];
            var length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return length <= limit ? content[..length] : throw CliException.BadInput($"{file} is larger than {limit / 1024} KiB");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput($"{file} cannot be read: {exception.Message}", cause: exception);
        }
    }
}
