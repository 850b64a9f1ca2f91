using System.CommandLine;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Broker;
using Casemate.Quoting.Simulated;
using Casemate.Serve.Guest;
using Casemate.Simulator;

namespace Casemate.Cli.Run;

/// <summary>Options and words that <c>run</c> and <c>up</c> share.</summary>
internal static class SimulatorOptions
{
    /// <summary><c>--tee</c>.</summary>
    public static Option<string> Tee() => new Option<string>("--tee")
    {
        Description = "The hardware to simulate.",
        HelpName = "snp|sgx|tdx",

        // A first run with TDX makes elliptic-curve keys only. AMD's keys are RSA-4096 and take seconds to make, once.
        DefaultValueFactory = _ => KbsTee.Tdx,
    }.AcceptOnlyFromAmong(KbsTee.Snp, KbsTee.Sgx, KbsTee.Tdx);

    /// <summary><c>--secret</c>.</summary>
    public static Option<string[]> Secrets() => new("--secret")
    {
        Description = "A secret that the broker holds: NAME=VALUE, or NAME=@FILE for a file's bytes. NAME stands for default/secret/NAME; "
            + "a full REPOSITORY/TYPE/TAG may be given. May be repeated. A VALUE is visible to other users of this machine (ps): use @FILE "
            + "for real secrets.",
        HelpName = "NAME=VALUE|NAME=@FILE",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary><c>--dir</c>.</summary>
    public static Option<string> Directory() => new("--dir")
    {
        Description = "Directory of the simulated platform: made once, the same ever after. Default: CASEMATE_STATE_DIR, else "
            + "$XDG_STATE_HOME/casemate, else ~/.local/state/casemate.",
        HelpName = "DIR",
    };

    /// <summary><c>--guest-port</c>.</summary>
    public static Option<int?> GuestPort()
    {
        var option = new Option<int?>("--guest-port")
        {
            Description = $"Port of the guest API on 127.0.0.1; 0 takes any free one. Default: {GuestApiOptions.DefaultPort}, or any "
                + "free one if that is taken.",
            HelpName = "PORT",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(int.TryParse(result.Tokens[0].Value, out var port) && port is >= 0 and <= 65535))
            {
                result.AddError($"--guest-port: '{result.Tokens[0].Value}' is not a port (0 to 65535)");
            }
        });
        return option;
    }

    /// <summary>The directory named, or the default one.</summary>
    /// <exception cref="CliException">There is no default (exit code 2).</exception>
    public static string DirectoryOf(string? named, Func<string, string?> environment)
    {
        try
        {
            return named is null ? SimulatedInstallation.DefaultDirectory(environment) : Path.GetFullPath(named);
        }
        catch (SimulatedInstallationException exception)
        {
            throw CliException.Usage(exception.Message, exception.Remedy);
        }
    }

    /// <summary>Reads a policy file.</summary>
    /// <exception cref="CliException">It is unreadable or wrong (exit code 3).</exception>
    public static AppraisalPolicy LoadPolicy(string path)
    {
        try
        {
            return AppraisalPolicy.Load(path);
        }
        catch (AppraisalPolicyException exception)
        {
            throw CliException.BadInput($"{path}, {exception.Message}", cause: exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput($"the policy '{path}' cannot be read: {exception.Message}", cause: exception);
        }
    }

    /// <summary>The simulated TEE and the measurement that its evidence carries.</summary>
    public static string Describe(Attestation.Tee tee, CommandMeasurement measurement) => tee switch
    {
        Attestation.Tee.Snp => $"simulated SEV-SNP guest, MEASUREMENT {Convert.ToHexStringLower(measurement.Measurement)}",
        Attestation.Tee.Sgx => $"simulated SGX enclave, MRENCLAVE {Convert.ToHexStringLower(measurement.MrEnclave)}",
        Attestation.Tee.Tdx => $"simulated TD, MRTD {Convert.ToHexStringLower(measurement.MrTd)}",
        _ => throw new ArgumentOutOfRangeException(nameof(tee), tee, "Not a kind of hardware."),
    };
}
