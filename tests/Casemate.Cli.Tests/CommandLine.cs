using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Casemate.Collateral.Upstream;
using Casemate.Quoting;
using Casemate.Quoting.Sgx;

namespace Casemate.Cli.Tests;

/// <summary>Runs command lines in this process, without a terminal, at a fixed time.</summary>
internal sealed record CommandLine(int ExitCode, string Output, string Error)
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    /// <summary>What a command whose result is bytes wrote to standard output.</summary>
    public byte[] Bytes { get; private init; } = [];

    public string[] Lines => Output.TrimEnd('\n').Split('\n');

    public static CommandLine Run(params string[] arguments) => RunWith(new Dictionary<string, string>(), [], false, arguments);

    public static CommandLine RunWithInput(byte[] input, params string[] arguments) =>
        RunWith(new Dictionary<string, string>(), input, false, arguments);

    /// <summary>Runs a command line that fails as soon as it asks for a way to a network.</summary>
    public static CommandLine RunWithoutNetwork(params string[] arguments) => RunWith(
        new Dictionary<string, string>(), [], false, (_, _, _) => throw new InvalidOperationException("The network was asked for."), arguments);

    public static CommandLine RunWith(
        IReadOnlyDictionary<string, string> environment, byte[] input, bool terminal, params string[] arguments) =>
        RunWith(
            environment, input, terminal, (authorities, _, _) => UpstreamTransport.CreateHandler(authorities, useProxy: false), arguments);

    /// <summary>Runs a command line on a machine that has its TEEs elsewhere.</summary>
    public static CommandLine RunOn(
        EvidenceRoots machine, IReadOnlyDictionary<string, string> environment, params string[] arguments) => RunWith(
            environment, [], false, (authorities, _, _) => UpstreamTransport.CreateHandler(authorities, useProxy: false), arguments, machine);

    /// <summary>Runs a command line on a machine with SGX.</summary>
    public static CommandLine RunWithEnclaves(EvidenceRoots machine, Func<string, ISgxReportSource> enclaves, params string[] arguments) => RunWith(
        new Dictionary<string, string>(), [], false, (authorities, _, _) => UpstreamTransport.CreateHandler(authorities, useProxy: false), arguments,
        machine, enclaves);

    private static CommandLine RunWith(
        IReadOnlyDictionary<string, string> environment, byte[] input, bool terminal,
        Func<X509Certificate2Collection?, X509Certificate2?, bool, HttpMessageHandler> transport, string[] arguments,
        EvidenceRoots? machine = null, Func<string, ISgxReportSource>? enclaves = null)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using var error = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using var bytes = new MemoryStream();
        var invocation = new CasemateInvocation
        {
            OpenStandardOutput = () => bytes,
            Output = output,
            Error = error,
            OpenStandardInput = () => new MemoryStream(input),
            CollateralTransport = transport,
            Time = new FixedTime(),
            Machine = machine ?? new EvidenceRoots(),
            Enclaves = enclaves ?? (device => new ReportEnclaveLoader(device)),
            Environment = environment.GetValueOrDefault,
            OutputIsTerminal = terminal,
            ErrorIsTerminal = terminal,
            TerminalWidth = terminal ? 80 : null,
        };

        // The commands under test do no waiting; blocking keeps the tests' sentences short.
        var code = CasemateProgram.RunAsync(arguments, invocation).GetAwaiter().GetResult();
        return new CommandLine(code, output.ToString(), error.ToString()) { Bytes = bytes.ToArray() };
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Noon;
    }
}
