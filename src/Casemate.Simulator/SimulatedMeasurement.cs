using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Casemate.Primitives.Text;

namespace Casemate.Simulator;

/// <summary>
/// The measurement that the simulator reports for a command: what it runs, with which arguments and which files named by them. It does
/// no I/O: the caller brings the digests.
/// </summary>
/// <remarks>
/// <para>How it is computed, so that anyone can repeat it. <c>F(x)</c> is the length of <c>x</c> in bytes as 8 bytes, big endian, then
/// <c>x</c>. Texts in quotes are ASCII, arguments UTF-8; <c>‖</c> joins.</para>
/// <code>
/// root = SHA-384( F("casemate/simulated-command/v1")
///               ‖ F(SHA-384 of the executable file)
///               ‖ F(number of arguments, 8 bytes, big endian)
///               ‖ for each argument: F(text) ‖ F(SHA-384 of the file that it names, or nothing) )
/// MRENCLAVE   = SHA-256( F("casemate/simulated-command/v1/mrenclave")   ‖ F(root) )
/// MRTD        = SHA-384( F("casemate/simulated-command/v1/mrtd")        ‖ F(root) )
/// MEASUREMENT = SHA-384( F("casemate/simulated-command/v1/measurement") ‖ F(root) )
/// </code>
/// <para>The executable's path, the environment, the working directory and files that the program opens later are not measured.</para>
/// </remarks>
public static class SimulatedMeasurement
{
    private const string Domain = "casemate/simulated-command/v1";

    /// <summary>Measures a command.</summary>
    /// <param name="executableSha384">SHA-384 of the executable file's content, 48 bytes.</param>
    /// <param name="arguments">The arguments after the executable, in order.</param>
    /// <exception cref="ArgumentException">A digest is not 48 bytes, or an argument is not valid Unicode.</exception>
    public static CommandMeasurement OfCommand(ReadOnlySpan<byte> executableSha384, IReadOnlyList<MeasuredArgument> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        FieldSize.Require(executableSha384, SHA384.HashSizeInBytes, nameof(executableSha384));

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA384);
        Append(hash, Encoding.ASCII.GetBytes(Domain));
        Append(hash, executableSha384);
        Append(hash, Length(arguments.Count));
        foreach (var argument in arguments)
        {
            Append(hash, StrictUtf8.GetBytes(argument.Text));
            if (argument.ContentSha384 is { } digest)
            {
                FieldSize.Require(digest, SHA384.HashSizeInBytes, nameof(argument.ContentSha384));
            }

            Append(hash, argument.ContentSha384);
        }

        var root = hash.GetHashAndReset();
        return new CommandMeasurement(
            Derive(HashAlgorithmName.SHA256, "mrenclave", root),
            Derive(HashAlgorithmName.SHA384, "mrtd", root),
            Derive(HashAlgorithmName.SHA384, "measurement", root));
    }

    private static byte[] Derive(HashAlgorithmName algorithm, string use, byte[] root)
    {
        using var hash = IncrementalHash.CreateHash(algorithm);
        Append(hash, Encoding.ASCII.GetBytes($"{Domain}/{use}"));
        Append(hash, root);
        return hash.GetHashAndReset();
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> field)
    {
        hash.AppendData(Length(field.Length));
        hash.AppendData(field);
    }

    private static byte[] Length(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
