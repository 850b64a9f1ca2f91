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

    private readonly Argument<string> _file = new("FILE")
    {
        Description = "What Intel's PCKIDRetrievalTool wrote on the machine (pckid_retrieval.csv), or the same as JSON. With --to intel "
            + "also the platform manifest alone, as bytes.",
    };

    private readonly Option<string> _to = new("--to")
    {
        Description = "A PCCS or casemate's collateral service (https://HOST:8081/sgx/certification/v4/), or intel: Intel's registration "
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
            new CommandExample("With Intel, without a service", "casemate collateral register platform_manifest.bin --to intel"))
    {
        Add(_file);
        foreach (var option in (Option[])[_to, _token, _authorities])
        {
            Add(option);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (to, tokenFile) = (context.Arguments.GetRequiredValue(_to), context.Arguments.GetValue(_token));
        var isIntel = to == Intel;
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

        var file = context.Arguments.GetRequiredValue(_file);
        var content = Read(file, PckIdFile.MaximumBytes);
        using var handler = context.Invocation.CollateralTransport(
            context.Arguments.GetValue(_authorities) is { } authorities ? UpstreamTransport.ReadAuthorities(authorities) : null,
            null, true);
        var answer = isIntel
            ? await RegisterWithIntelAsync(context, file, content, handler, cancellationToken)
            : await RegisterWithServiceAsync(context, to, file, content, tokenFile!, handler, cancellationToken);
        if (answer.Status is UpstreamStatus.Found)
        {
            context.Console.Note($"registered with {(isIntel ? "Intel" : new Uri(to).Authority)}");
            return ExitCode.Success;
        }

        throw new CliException(
            answer.Status is UpstreamStatus.Unavailable or UpstreamStatus.TimedOut or UpstreamStatus.Throttled
                ? ExitCode.Unreachable : ExitCode.Refused,
            ErrorText.OneLine($"not registered: {answer.Problem}"),
            answer.Status is UpstreamStatus.Unauthorized ? "Compare the token with the hash that the service was given." : null);
    }

    private static async Task<UpstreamAnswer> RegisterWithIntelAsync(
        CommandContext context, string file, byte[] content, HttpMessageHandler handler, CancellationToken cancellationToken)
    {
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
            context.Invocation.IntelRegistration ?? new PcsOptions().Endpoint, handler, context.Invocation.Time);
        return await registrar.RegisterAsync(manifest, cancellationToken);
    }

    private static async Task<UpstreamAnswer> RegisterWithServiceAsync(
        CommandContext context, string to, string file, byte[] content, string tokenFile, HttpMessageHandler handler,
        CancellationToken cancellationToken)
    {
        if (!PckIdFile.TryRead(content, out var machine, out var error))
        {
            throw CliException.BadInput($"{file}: {error}", "Write it on the machine with Intel's PCKIDRetrievalTool -f FILE.");
        }

        var token = Encoding.UTF8.GetString(Read(tokenFile, MaximumTokenFile)).TrimEnd('\r', '\n');
        try
        {
            var endpoint = new UpstreamEndpoint
            {
                Address = new Uri(to),
                FirstByteTimeout = TimeSpan.FromMinutes(2),
                Timeout = TimeSpan.FromMinutes(2),
            };
            using var registrar = new PccsRegistrar(endpoint, handler, context.Invocation.Time);
            return await registrar.RegisterAsync(machine!, token, cancellationToken);
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            throw CliException.Usage(exception.Message.Split(" (Parameter", 2)[0], "Write https://HOST:8081/sgx/certification/v4/.");
        }
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
