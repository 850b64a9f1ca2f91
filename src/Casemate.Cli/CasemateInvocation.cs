using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Cli.Output;
using Casemate.Collateral.Upstream;
using Casemate.Quoting;
using Casemate.Quoting.Sgx;

namespace Casemate.Cli;

/// <summary>
/// What surrounds one run of the program: streams, clock, environment and terminal. Everything a command learns about its
/// surroundings comes from here, so that tests can put a whole command line into one process.
/// </summary>
internal sealed class CasemateInvocation : InvocationConfiguration
{
    public CasemateInvocation()
    {
        // Exceptions are rendered by ErrorText, signals are handled by CliCommand: one place each.
        EnableDefaultExceptionHandler = false;
        ProcessTerminationTimeout = null;
    }

    /// <summary>Opens standard input. Called at most once, and only by a command that was asked to read <c>-</c>.</summary>
    public required Func<Stream> OpenStandardInput { get; init; }

    /// <summary>Opens standard output for bytes. Called at most once, and only by a command whose result is bytes.</summary>
    public Func<Stream> OpenStandardOutput { get; init; } = Console.OpenStandardOutput;

    /// <summary>Makes what sends requests for collateral: with certificate authorities of its own or null, with a client's
    /// certificate or null, and with or without a proxy.</summary>
    public Func<X509Certificate2Collection?, X509Certificate2?, bool, HttpMessageHandler> CollateralTransport { get; init; } =
        (authorities, certificate, useProxy) => UpstreamTransport.CreateHandler(authorities, certificate, useProxy);

    /// <summary>Where Intel's registration service is; null: at its own address.</summary>
    public UpstreamEndpoint? IntelRegistration { get; init; }

    /// <summary>Where Azure's metadata service is; null: at its link-local address.</summary>
    public UpstreamEndpoint? AzureMetadata { get; init; }

    /// <summary>Where this machine has what evidence comes from.</summary>
    public EvidenceRoots Machine { get; init; } = new();

    /// <summary>Opens what makes reports of this program's enclave with a device, whose path it is given.</summary>
    public Func<string, ISgxReportSource> Enclaves { get; init; } = device => new ReportEnclaveLoader(device);

    /// <summary>The name or path that the program was started by; null: not known.</summary>
    public string? InvokedAs { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>Whether standard input is a terminal.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>Whether standard output is a terminal.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether standard error is a terminal.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Columns of the terminal; null when there is none.</summary>
    public int? TerminalWidth { get; init; }

    /// <summary>The surroundings of the running process.</summary>
    public static CasemateInvocation OfThisProcess()
    {
        // As JSON and YAML have to be, whatever the environment says of the user's language; looking there takes a service 2 ms of its start.
        Console.OutputEncoding = Encoding.UTF8;
        return new()
        {
            OpenStandardInput = Console.OpenStandardInput,
            Error = new LossyWriter(Console.Error),
            Time = TimeProvider.System,
            InvokedAs = StartedBy(),
            Environment = System.Environment.GetEnvironmentVariable,
            InputIsTerminal = !Console.IsInputRedirected,
            OutputIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            TerminalWidth = Console.IsOutputRedirected ? null : ColumnsOfTerminal(),
        };
    }

    // The runtime gives the path of the program's file, in which links are followed. The name that was typed is the kernel's to say.
    private static string? StartedBy()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                using var file = File.OpenRead("/proc/self/cmdline");
                var buffer = new byte[4096];
                var line = buffer.AsSpan(0, file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false));
                return line.IndexOf((byte)0) is > 0 and var end ? Encoding.UTF8.GetString(line[..end]) : null;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;                                       // without /proc it is called by its own name
        }

        return System.Environment.GetCommandLineArgs().FirstOrDefault();
    }

    private static int? ColumnsOfTerminal()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : null;
        }
        catch (IOException)
        {
            return null;                                       // A terminal without a size, such as a serial line.
        }
    }
}
