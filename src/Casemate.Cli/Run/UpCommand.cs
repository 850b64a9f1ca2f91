using System.CommandLine;
using System.Security.Cryptography;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Secret;
using Casemate.Primitives;
using Casemate.Serve;
using Casemate.Simulator;

namespace Casemate.Cli.Run;

/// <summary><c>casemate up</c>: the services of <c>run</c> without a command, until interrupted.</summary>
internal sealed class UpCommand : CliCommand
{
    private readonly Option<string> _tee = SimulatorOptions.Tee();
    private readonly Option<string[]> _secrets = SimulatorOptions.Secrets();
    private readonly Option<string> _policy = new("--policy")
    {
        Description = "Appraisal policy (YAML). Default: one that admits the evidence of these services, which is of no command.",
        HelpName = "FILE",
    };

    private readonly Option<string> _listen = new("--listen")
    {
        Description = "Where the key broker listens; a loopback address.",
        HelpName = "ADDRESS:PORT",
        DefaultValueFactory = _ => "127.0.0.1:8080",
    };

    private readonly Option<string> _directory = SimulatorOptions.Directory();
    private readonly Option<int?> _guestPort = SimulatorOptions.GuestPort();

    public UpCommand()
        : base(
            "up", "Start a simulated TEE, a key broker and the guest API, and print every endpoint.",
            new CommandExample("In one terminal, until Ctrl-C", "casemate up --secret greeting=hello"),
            new CommandExample("In another", "curl http://127.0.0.1:8006/cdh/resource/default/secret/greeting"),
            new CommandExample("Endpoints for a script", "casemate up -o json"))
    {
        foreach (var option in new Option[] { _tee, _secrets, _policy, _listen, _directory, _guestPort })
        {
            Add(option);
        }
    }

    /// <summary>Requests under way are let end.</summary>
    protected override TimeSpan Patience => TimeSpan.FromSeconds(15);

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        CheckListen(arguments.GetRequiredValue(_listen));
        var secrets = NamedSecret.ParseAll(arguments.GetValue(_secrets) ?? []);
        var tee = KbsTee.TryParse(arguments.GetRequiredValue(_tee))!.Value;
        var measurement = SimulatedMeasurement.OfCommand(SHA384.HashData([]), []);
        var account = new RunAccount(context.Console);
        await using var services = await SimulatedServices.StartAsync(
            new SimulatedServicesOptions
            {
                Tee = tee,
                Measurement = measurement,
                Policy = arguments.GetValue(_policy) is { } file ? SimulatorOptions.LoadPolicy(file) : PinnedPolicy.Of(measurement),
                Directory = SimulatorOptions.DirectoryOf(arguments.GetValue(_directory), context.Invocation.Environment),
                Listen = arguments.GetRequiredValue(_listen),
                GuestPort = arguments.GetValue(_guestPort),
            },
            account, context, cancellationToken);
        foreach (var secret in secrets)
        {
            await services.Resources.PutAsync(secret.Path, secret.Content, cancellationToken);
        }

        WriteEndpoints(context.Console, services);
        account.Step($"ready as {SimulatorOptions.Describe(tee, measurement)}; Ctrl-C ends it");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.Invocation.Time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            account.End("nobody");                                     // Being told to stop is how it ends: nothing went wrong.
        }

        return ExitCode.Success;
    }

    // The service would object as well, but in the words of settings that this command does not have.
    private static void CheckListen(string listen)
    {
        if (ListenAddress.TryParse(listen) is not { } address)
        {
            throw CliException.Usage(
                $"--listen: '{listen}' is not ADDRESS:PORT", "Write for example 127.0.0.1:8080; port 0 takes any free one.");
        }

        if (!address.IsLoopback)
        {
            throw CliException.Usage(
                $"--listen: casemate up serves plain HTTP, on a loopback address only, and '{listen}' is none",
                "Listen on 127.0.0.1. For other machines there is casemate serve, which has TLS.");
        }
    }

    private static void WriteEndpoints(ConsoleOutput console, SimulatedServices services)
    {
        (string Name, string Label, string Value)[] endpoints =
        [
            ("kbs", "key broker", services.Kbs),
            ("guestApi", "guest API", services.GuestApi),
            ("jwks", "token keys (JWKS)", services.Kbs + "/.well-known/jwks.json"),
            ("health", "health", services.Kbs + "/healthz"),
            ("readiness", "readiness", services.Kbs + "/readyz"),
            ("metrics", "metrics", services.Kbs + "/metrics"),
            ("simulatorRoots", "simulator's roots", services.Installation.RootsPath),
        ];
        if (console.Format is OutputFormat.Table)
        {
            foreach (var (_, label, value) in endpoints)
            {
                console.Out.WriteLine($"{label,-18}  {value}");
            }

            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            foreach (var (name, _, value) in endpoints)
            {
                json.WriteString(name, value);
            }
        });
    }
}
