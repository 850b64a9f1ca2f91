using System.CommandLine;
using System.Text;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Serve;
using Casemate.Node.Advertisement;
using Casemate.Node.Description;
using Casemate.Node.Discovery;
using Casemate.Node.Enforcement;
using Casemate.Primitives.Json;

namespace Casemate.Cli.Node;

/// <summary><c>casemate node describe</c>: what was found, what will be offered of it, and why. Changes nothing.</summary>
internal sealed class NodeDescribeCommand : CliCommand
{
    private const string Running = "--running";

    public NodeDescribeCommand()
        : base(
            "describe",
            "Print what trusted hardware was found, what will be offered of it and why. Nothing is changed. Exit code 0 whatever was "
                + "found.",
            new CommandExample("This machine", "casemate node describe"),
            new CommandExample("A machine that the program knows", "casemate node describe --simulate dc48s_v3"),
            new CommandExample("With the name that unmodified YAML uses", "casemate node describe --epc-resource azure"),
            new CommandExample("How much EPC would be offered", "casemate node describe -o json | jq .plan.advertisedBytes"),
            new CommandExample("What the agent that runs here says of itself", "casemate node describe --running"))
    {
        Add(new Option<bool>(Running)
        {
            Description = "Ask the agent that runs on this machine (at --http) instead of looking: what it found and offers, what the kubelet "
                + "took of it, and what is in use.",
        });
        foreach (var setting in NodeSettings.Describe)
        {
            setting.AddTo(this);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        context = context with { File = SettingsFile.Open(context, NodeSettings.Serve) };
        try
        {
            return context.Arguments.GetValue<bool>(Running) ? await AskAsync(context, cancellationToken) : Look(context);
        }
        catch (CliException failure)
        {
            throw SettingOrigin.Explain(failure, NodeSettings.Describe, context);
        }
    }

    private static int Look(CommandContext context)
    {
        var settings = NodeArguments.ReadAdvertisement(context);
        var (title, sources) = NodeArguments.ReadSources(context);
        var enforcement = NodeArguments.ReadEnforcement(context, sources.Simulated);
        var hardware = new HardwareScanner(sources).Scan();
        var description = new NodeDescription(title, hardware, AdvertisementPlan.Make(hardware, settings))
        {
            Enforcement = hardware.Sgx is { } sgx ? EpcEnforcementStatus.Expect(enforcement, sgx.EnforcementPossible) : null,
        };
        var console = context.Console;
        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(description.WriteMembers);
            return ExitCode.Success;
        }

        foreach (var line in description.ToLines())
        {
            Write(console, line);
        }

        return ExitCode.Success;
    }

    private static async Task<int> AskAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var address = NodeSettings.Http.Text(context)!;
        if (address == NodeArguments.Off)
        {
            throw CliException.Usage("--running asks the agent's --http, which is off", "Name an address or a socket with --http.");
        }

        if (((Setting[])[NodeSettings.Simulate, NodeSettings.SysRoot]).FirstOrDefault(source => source.Given(context) is not null) is { } looked)
        {
            throw CliException.Usage(
                $"--running and {looked.Flag} are both given", "The agent that runs says what it looks at itself: drop one of the two.");
        }

        var console = context.Console;
        var answer = await AgentClient.GetAsync(address, NodePages.Json, cancellationToken);
        using var document = Read(answer, address);
        if (console.Format is OutputFormat.Table)
        {
            var text = await AgentClient.GetAsync(address, NodePages.Text, cancellationToken);
            foreach (var line in Encoding.UTF8.GetString(text).TrimEnd('\n').Split('\n'))
            {
                Write(console, ErrorText.Harmless(line));
            }

            return ExitCode.Success;
        }

        console.WriteDocument(json =>
        {
            foreach (var member in document.RootElement.EnumerateObject())
            {
                member.WriteTo(json);
            }
        });
        return ExitCode.Success;
    }

    // Whatever listens on a port may answer a path that it does not know with a page of its own.
    private static JsonDocument Read(byte[] answer, string address)
    {
        const string remedy = "Name the --http of 'casemate node'.";
        if (!StrictJson.TryParse(answer, out var document, out var problem))
        {
            throw new CliException(ExitCode.Unreachable, $"what listens on {address} is no agent: it answers with no JSON: {problem}", remedy);
        }

        if (document.RootElement is { ValueKind: JsonValueKind.Object } root
            && root.TryGetProperty("agent"u8, out var agent) && agent.ValueKind is JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        throw new CliException(ExitCode.Unreachable, $"what listens on {address} is no agent", remedy);
    }

    // Continued lines stand further in than their beginning.
    private static void Write(ConsoleOutput console, string line)
    {
        var text = line.TrimStart(' ');
        var indent = line.Length - text.Length;
        var isTitle = indent == 0 && text.Length > 0;
        var parts = TextWrap.Lines(text, Math.Max(20, console.Width - indent - (line.Length <= console.Width ? 0 : 4)));
        for (var i = 0; i < parts.Count; i++)
        {
            var part = isTitle ? console.Paint(Tone.Strong, parts[i]) : parts[i];
            console.Out.WriteLine(new string(' ', i == 0 ? indent : indent + 4) + part);
        }
    }
}
