using System.Security.Cryptography;
using System.Text;

namespace Casemate.Simulator.Tests;

/// <summary>The measurement of a command: what changes it, what does not, and that its documentation suffices to compute it.</summary>
public sealed class MeasurementTests
{
    private static readonly byte[] Executable = SHA384.HashData("#!/bin/sh\necho hello\n"u8);
    private static readonly byte[] Script = SHA384.HashData("print('hello')\n"u8);

    [Fact]
    public void Sizes_AreThoseOfTheHardware()
    {
        var measurement = SimulatedMeasurement.OfCommand(Executable, []);
        Assert.Equal((32, 48, 48), (measurement.MrEnclave.Length, measurement.MrTd.Length, measurement.Measurement.Length));
    }

    [Fact]
    public void Measurement_IsTheDocumentedOne()
    {
        // Written down once, computed by hand from the documentation: a change of the definition breaks every pinned policy.
        var measurement = SimulatedMeasurement.OfCommand(Executable, [new("app.py", Script), new("--name"), new("Grüße"), new("")]);
        Assert.Equal(KnownMrEnclave, Convert.ToHexStringLower(measurement.MrEnclave));
        Assert.Equal(KnownMeasurement, Convert.ToHexStringLower(measurement.Measurement));
    }

    [Fact]
    public void Measurement_AgreesWithTheIndependentProgram()
    {
        var measurement = SimulatedMeasurement.OfCommand(Executable, [new("app.py", Script), new("--name"), new("Grüße"), new("")]);
        var answer = Tool.Python(
            "measure_command.py", Convert.ToHexStringLower(Executable), "app.py=" + Convert.ToHexStringLower(Script), "--name", "Grüße",
            "");
        Assert.Equal(
            $"""
            mrenclave {Convert.ToHexStringLower(measurement.MrEnclave)}
            mrtd {Convert.ToHexStringLower(measurement.MrTd)}
            measurement {Convert.ToHexStringLower(measurement.Measurement)}

            """.ReplaceLineEndings("\n"),
            answer.Output);
    }

    [Fact]
    public void EveryDifference_GivesAnotherMeasurement()
    {
        var other = SHA384.HashData("another file"u8);
        (byte[] Executable, MeasuredArgument[] Arguments)[] commands =
        [
            (Executable, []),
            (other, []),
            (Executable, [new("")]),
            (Executable, [new(""), new("")]),
            (Executable, [new("a"), new("b")]),
            (Executable, [new("b"), new("a")]),
            (Executable, [new("ab")]),
            (Executable, [new("a b")]),
            (Executable, [new("a", Script)]),
            (Executable, [new("a", other)]),
            (Executable, [new("a"), new("b", Script)]),
            (Executable, [new("a", Script), new("b")]),
            (Executable, [new("a\0b")]),
            (Executable, [new("a" + Encoding.Latin1.GetString(Script))]),
        ];
        var seen = new HashSet<string>();
        foreach (var (executable, arguments) in commands)
        {
            var measurement = SimulatedMeasurement.OfCommand(executable, arguments);
            Assert.True(seen.Add(Convert.ToHexString(measurement.MrEnclave)));
            Assert.True(seen.Add(Convert.ToHexString(measurement.MrTd)));
            Assert.True(seen.Add(Convert.ToHexString(measurement.Measurement)));
        }
    }

    [Fact]
    public void SameCommand_GivesTheSameMeasurement() => Assert.Equal(
        SimulatedMeasurement.OfCommand(Executable, [new("a", Script)]).MrTd,
        SimulatedMeasurement.OfCommand([.. Executable], [new("a", [.. Script])]).MrTd);

    [Fact]
    public void WrongDigestSizes_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => SimulatedMeasurement.OfCommand(new byte[32], []));
        Assert.Throws<ArgumentException>(() => SimulatedMeasurement.OfCommand(Executable, [new("a", new byte[32])]));
        Assert.Throws<ArgumentException>(() => SimulatedMeasurement.OfCommand(Executable, [new("a", [])]));
    }

    [Fact]
    public void TextThatIsNoUnicode_IsRefused() =>
        Assert.ThrowsAny<ArgumentException>(() => SimulatedMeasurement.OfCommand(Executable, [new("\ud800")]));

    private const string KnownMrEnclave = "89872d5e2ae44e6e286ba99e977523aa48681d2bcf292dbb45d98ee996510982";
    private const string KnownMeasurement =
        "9db57dc3c70923ba6ec7a56f2f6cab8ec0efc207620a63f7f12b91b6e770e6fd353af5759b60460a99e85e553d0888b4";
}
