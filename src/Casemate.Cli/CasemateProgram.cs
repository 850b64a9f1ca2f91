using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Casemate.Cli.Addon;
using Casemate.Cli.Collateral;
using Casemate.Cli.Commands;
using Casemate.Cli.Deploy;
using Casemate.Cli.Doctor;
using Casemate.Cli.Enclave;
using Casemate.Cli.Image;
using Casemate.Cli.Lint;
using Casemate.Cli.Measure;
using Casemate.Cli.Node;
using Casemate.Cli.Policy;
using Casemate.Cli.Quotes;
using Casemate.Cli.Rego;
using Casemate.Cli.Run;
using Casemate.Cli.Secret;
using Casemate.Cli.Serve;
using Casemate.Cli.Show;
using Casemate.Cli.Webhook;

namespace Casemate.Cli;

/// <summary>The command tree, and the one place where a command line becomes an exit code.</summary>
internal static class CasemateProgram
{
    // '@file' must reach the commands as typed: it means "the value is in this file" there, and never "more arguments are in it".
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null };

    // Each command is one line here.
    private static readonly (string Name, Func<Command> Create)[] s_commands =
    [
        ("run", () => new RunCommand()),
        ("up", () => new UpCommand()),
        ("serve", () => new ServeCommand()),
        ("secret", () => new SecretCommand()),
        ("node", () => new NodeCommand()),
        ("webhook", () => new WebhookCommand()),
        ("lint", () => new LintCommand()),
        ("quote-helper", () => new QuoteHelperCommand()),
        ("addon", () => new AddonCommand()),
        ("doctor", () => new DoctorCommand()),
        ("deploy", () => new DeployCommand()),
        ("quote", () => new QuoteCommand()),
        ("verify", () => new VerifyCommand()),
        ("evidence", () => new EvidenceCommand()),
        ("collateral", () => new CollateralCommand()),
        ("enclave", () => new EnclaveCommand()),
        ("image", () => new ImageCommand()),
        ("policy", () => new PolicyCommand()),
        ("confcom", () => new ConfcomCommand()),
        ("measure", () => new MeasureCommand()),
        ("rego", () => new RegoCommand()),
        ("version", () => new VersionCommand()),
        ("completion", () => new CompletionCommand()),
        ("__complete", () => new CompleteCommand()),
    ];

    /// <summary>Parses and runs one command line. Never throws.</summary>
    /// <returns>One of <see cref="ExitCode"/>, or the code of a command that <c>run</c> started.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, CasemateInvocation invocation)
    {
        args = HelpAsOption(KubectlPlugin.Arrange(invocation.InvokedAs, args));
        var root = CreateRootCommand(args.FirstOrDefault());
        root.HelpName = KubectlPlugin.NameOf(invocation.InvokedAs);
        var parsed = Parse(root, args);

        // Help and version are given whatever else is wrong with the line; anything else with an error is not run.
        if (parsed.Errors.Count > 0 && parsed.Action is not { ClearsParseErrors: true })
        {
            // A mistyped option that was taken for an argument pushes the real one out of its place: name the option.
            return UsageErrorText.Write(parsed, OptionTakenForArgument(parsed) ?? parsed.UnmatchedTokens.FirstOrDefault(), invocation);
        }

        // The parser takes a mistyped option for an argument wherever one is wanted. A single '-' is standard input.
        if (parsed.Errors.Count == 0 && OptionTakenForArgument(parsed) is { } mistyped)
        {
            return UsageErrorText.Write(parsed, mistyped, invocation);
        }

        return await parsed.InvokeAsync(invocation);
    }

    // People type 'casemate help run' as they do elsewhere.
    private static IReadOnlyList<string> HelpAsOption(IReadOnlyList<string> args) =>
        args.Count > 0 && args[0] == "help" ? [.. args.Skip(1), "--help"] : args;

    private static string? OptionTakenForArgument(ParseResult parsed)
    {
        var typed = parsed.Tokens.TakeWhile(token => token.Type is not TokenType.DoubleDash).ToHashSet(ReferenceEqualityComparer.Instance);
        return parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .FirstOrDefault(token => token.Value.Length > 1 && token.Value[0] == '-' && typed.Contains(token))?.Value;
    }

    /// <summary>Parses a command line.</summary>
    public static ParseResult Parse(RootCommand root, IReadOnlyList<string> args) => root.Parse(args, Parser);

    /// <summary>Builds the command tree.</summary>
    /// <param name="first">
    /// The first word of the command line. Where it is a command, only that one is built: a daemon pays for no other. Otherwise all are.
    /// </param>
    public static RootCommand CreateRootCommand(string? first = null)
    {
        var root = new RootCommand("Confidential computing for Kubernetes: make, verify and use hardware evidence.")
        {
            HelpName = "casemate",
        };
        var only = Array.FindIndex(s_commands, command => command.Name == first);
        foreach (var (_, create) in only < 0 ? s_commands : s_commands.AsSpan(only, 1))
        {
            root.Add(create());
        }

        GlobalOptions.AddTo(root);

        // The built-in --version prints the assembly's informational version; 'casemate version' has it all, so both say the same.
        var version = root.Options.OfType<VersionOption>().Single();
        version.Action = new VersionOptionAction();
        version.Description = "Print the version.";
        // The built-in help option also answers to '/?' and '/h', which are paths on every system that Casemate runs on.
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        root.Add(new HelpOption("--help", "-h") { Action = new ExampleHelpAction(), Description = "Show help and examples." });
        root.Action = new MissingCommandAction();

        // Completion has a command of its own here; the library's hidden '[suggest]' and '[diagram]' are no interface of ours.
        root.Directives.Clear();
        return root;
    }
}
