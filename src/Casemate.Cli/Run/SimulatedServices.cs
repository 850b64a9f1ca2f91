using System.Net.Sockets;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Broker;
using Casemate.Cli.Commands;
using Casemate.Cli.Serve;
using Casemate.Quoting;
using Casemate.Quoting.Simulated;
using Casemate.Serve;
using Casemate.Serve.Guest;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Run;

/// <summary>
/// Everything that a workload finds in and around a confidential guest, in this process: the simulated TEE, the key broker and the
/// guest API. They talk over HTTP on loopback, as they would in production.
/// </summary>
internal sealed class SimulatedServices : IAsyncDisposable
{
    private readonly TransientState _state;
    private readonly CasemateServer _server;
    private readonly KbsClient _client;
    private readonly GuestApi _guestApi;

    private SimulatedServices(
        SimulatedInstallation installation, TransientState state, CasemateServer server, KbsClient client, GuestApi guestApi) =>
        (Installation, _state, _server, _client, _guestApi) = (installation, state, server, client, guestApi);

    /// <summary>The simulated platform.</summary>
    public SimulatedInstallation Installation { get; }

    /// <summary>Address of the guest API, without a slash at its end.</summary>
    public string GuestApi => _guestApi.Address.GetLeftPart(UriPartial.Authority);

    /// <summary>Address of the key broker, without a slash at its end.</summary>
    public string Kbs => _server.Address.GetLeftPart(UriPartial.Authority);

    /// <summary>Where the broker takes its secrets from.</summary>
    public IResourceStore Resources => _server.Resources;

    /// <summary>The variables that tell a workload where everything is.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["CASEMATE_GUEST_API"] = GuestApi,
        ["CASEMATE_KBS_URL"] = Kbs,
        ["AA_KBC_PARAMS"] = $"cc_kbc::{Kbs}",
    };

    /// <summary>Starts everything.</summary>
    /// <exception cref="CliException">The simulated platform is damaged (exit code 3), or a port is taken (4).</exception>
    public static async Task<SimulatedServices> StartAsync(
        SimulatedServicesOptions options, RunAccount account, CommandContext context, CancellationToken cancellationToken)
    {
        var time = context.Invocation.Time;
        if (options.EvidenceOut is { } kept)
        {
            EvidenceOut.Check(kept);
        }

        var installation = await OpenPlatformAsync(options, account, time, cancellationToken);
        var collateral = new SimulatedCollateralSource(installation.Platform, time);
        var loggers = SimulatedServicesLogging.Create(context);
        var state = MakeState(installation.Directory, context);
        CasemateServer? server = null;
        KbsClient? client = null;
        try
        {
            server = await ServeCommand.Flags.StartAsync(() => CasemateServer.StartAsync(
                new ServeOptions
                {
                    Listen = options.Listen,
                    PlainHttp = true,
                    StateDirectory = state.Path,
                    Roots = installation.Platform.Allow(TrustRoots.None),
                    Collateral = collateral,
                    Policy = options.Policy,
                    ShutdownTimeout = TimeSpan.FromSeconds(1),
                },
                loggers, time, cancellationToken));
            server.DecisionMade += account.Decided;

            var keep = options.EvidenceOut is { } file ? new EvidenceOut(file, options.Tee, collateral, time, account) : null;
            var evidence = AccountedEvidenceProvider.Wrap(
                SimulatedEvidenceProvider.Create(installation.Platform, options.Tee, options.Measurement, time, options.HostData), async made =>
                {
                    account.EvidenceMade(made.Length);
                    await (keep?.WriteAsync(made) ?? ValueTask.CompletedTask);
                });
            client = new KbsClient(
                new KbsClientOptions { Address = server.Address }, evidence, time, loggers.CreateLogger<KbsClient>());
            var guestApi = await StartGuestApiAsync(options, evidence, client, loggers, account, cancellationToken);
            return new SimulatedServices(installation, state, server, client, guestApi);
        }
        catch
        {
            client?.Dispose();
            if (server is not null)
            {
                await server.DisposeAsync();
            }

            state.Dispose();
            throw;
        }
    }

    /// <summary>Stops everything at once and removes what was kept for this run.</summary>
    public async ValueTask DisposeAsync()
    {
        await _guestApi.DisposeAsync();
        _client.Dispose();
        await _server.DisposeAsync();
        _state.Dispose();
    }

    private static TransientState MakeState(string directory, CommandContext context)
    {
        try
        {
            return TransientState.Create(directory, context.Invocation.Environment);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(directory, exception);
        }
    }

    private static CliException Unusable(string directory, Exception cause) => CliException.BadInput(
        $"--dir: the state directory '{directory}' cannot be created or used: {cause.Message}",
        "Name another with --dir or CASEMATE_STATE_DIR.", cause);

    private static async Task<SimulatedInstallation> OpenPlatformAsync(
        SimulatedServicesOptions options, RunAccount account, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyCollection<SnpProduct> products = options.Tee is Tee.Snp ? [SimulatedEvidenceProvider.Product] : [];
            var installation = await Task.Run(
                () => SimulatedInstallation.OpenAsync(options.Directory, products, time, cancellationToken), cancellationToken);
            if (installation.IsNew)
            {
                account.Step($"made a simulated platform in {installation.Directory}");
            }

            return installation;
        }
        catch (SimulatedInstallationException exception)
        {
            throw CliException.BadInput(exception.Message, exception.Remedy, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(options.Directory, exception);
        }
    }

    private static async Task<GuestApi> StartGuestApiAsync(
        SimulatedServicesOptions options, IEvidenceProvider evidence, KbsClient client, ILoggerFactory loggers, RunAccount account,
        CancellationToken cancellationToken)
    {
        var port = options.GuestPort ?? GuestApiOptions.DefaultPort;
        try
        {
            return await StartAsync(port);
        }
        catch (IOException) when (options.GuestPort is null)
        {
            account.Step($"port {port} is taken: the guest API takes another, which programs that look at CASEMATE_GUEST_API find");
            return await StartAsync(0);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new CliException(
                ExitCode.Unreachable, $"the guest API cannot listen on port {port}: {exception.Message}",
                "Choose another with --guest-port, or 0 for any free one.", exception);
        }

        Task<GuestApi> StartAsync(int chosen) => Casemate.Serve.Guest.GuestApi.StartAsync(
            new GuestApiOptions { Port = chosen, Version = VersionCommand.Version }, evidence, client, loggers, cancellationToken);
    }
}
