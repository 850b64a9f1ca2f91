using System.CommandLine;
using System.Globalization;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives;
using Casemate.Quoting.Aesm;

namespace Casemate.Cli.Quotes;

/// <summary><c>casemate quote-helper check</c>: does a client get quotes here, and if not, why?</summary>
internal sealed class QuoteHelperCheckCommand : CliCommand
{
    private readonly Option<string> _socket = new("--socket")
    {
        Description = "The AESM socket: a path, or @NAME for an abstract one. Default: /var/run/aesmd/aesm.socket.",
        HelpName = "PATH|@NAME",
        DefaultValueFactory = _ => AesmServer.DefaultPath,
    };

    private readonly Option<string> _timeout = new("--timeout")
    {
        Description = "Seconds that each call may take. Default: 15, as in Intel's library.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => "15",
    };

    private readonly Option<string> _directory = new("--dir")
    {
        Description = "State directory of the simulated platform, in case it is behind the socket. Default: CASEMATE_STATE_DIR, else "
            + "$XDG_STATE_HOME/casemate, else ~/.local/state/casemate.",
        HelpName = "DIR",
    };

    private readonly Option<bool> _acceptSimulated = new("--accept-simulated")
    {
        Description = "End with 0 where quotes of the simulator work, which prove nothing: for probes of Kubernetes, to which 20 is a failure.",
    };

    public QuoteHelperCheckCommand()
        : base(
            "check",
            "Ask for a quote as real clients do, and say what is wrong. Exit code 0 works, 1 refused, 4 unreachable, 5 not permitted, 20 works "
            + "but simulated.",
            new CommandExample("In a pod or on a node", "casemate quote-helper check"),
            new CommandExample("Another socket", "casemate quote-helper check --socket /tmp/aesmd/aesm.socket"))
    {
        Add(_socket);
        Add(_timeout);
        Add(_directory);
        Add(_acceptSimulated);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var simulator = await SimulatedNode.FindAsync(context.Arguments.GetValue(_directory), context, cancellationToken);
        var check = new HelperCheck(ClientOf(context), simulator, context.Now);
        await check.RunAsync(cancellationToken);
        if (context.Console.Format is OutputFormat.Table)
        {
            WriteText(context.Console, check);
        }
        else
        {
            WriteDocument(context.Console, check);
        }

        return check.ExitCode is ExitCode.Simulated && context.Arguments.GetValue(_acceptSimulated) ? ExitCode.Success : check.ExitCode;
    }

    private AesmClient ClientOf(CommandContext context)
    {
        var text = context.Arguments.GetRequiredValue(_timeout);
        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) || seconds is <= 0 or > 3600)
        {
            throw CliException.Usage($"--timeout: '{text}' is not a number of seconds above 0, at most 3600");
        }

        var endpoint = context.Arguments.GetRequiredValue(_socket);
        try
        {
            var timeout = TimeSpan.FromSeconds(seconds);
            return endpoint.StartsWith('@')
                ? AesmClient.ForAbstractName(endpoint[1..], timeout) : AesmClient.ForPath(endpoint, timeout);
        }
        catch (Exception exception) when (exception is ArgumentException or AesmEndpointException)
        {
            throw CliException.Usage($"--socket: '{endpoint}' cannot be a socket: {exception.Message}", "A path has 1 to 107 bytes.");
        }
    }

    private static void WriteText(ConsoleOutput console, HelperCheck check)
    {
        foreach (var step in check.Steps)
        {
            var mark = step.Passed ? console.Paint(Tone.Good, "ok  ") : console.Paint(Tone.Bad, "FAIL");
            console.Out.WriteLine($"{mark}  {step.Name,-32}  {ErrorText.OneLine(step.Detail)}");
            if (step.Remedy is { } remedy)
            {
                console.Out.WriteLine($"      {ErrorText.OneLine(remedy)}");
            }
        }

        console.Out.WriteLine(check switch
        {
            { IsSimulated: true, ExitCode: ExitCode.Simulated } => console.Paint(Tone.Caution, "SIMULATED: works, and its quotes prove nothing"),
            { ExitCode: ExitCode.Success } => console.Paint(Tone.Good, "WORKS"),
            _ => console.Paint(Tone.Bad, "DOES NOT WORK"),
        });
    }

    private static void WriteDocument(ConsoleOutput console, HelperCheck check) => console.WriteDocument(json =>
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteBoolean("works", check.ExitCode is ExitCode.Success or ExitCode.Simulated);
        json.WriteBoolean("simulated", check.IsSimulated);
        json.WriteStartArray("steps");
        foreach (var step in check.Steps)
        {
            json.WriteStartObject();
            json.WriteString("name", step.Name);
            json.WriteBoolean("passed", step.Passed);
            json.WriteString("detail", step.Detail);
            if (step.Remedy is { } remedy)
            {
                json.WriteString("remedy", remedy);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
