using Casemate.Measurement.Verity;

namespace Casemate.Measurement.Tests.Verity;

/// <summary>Which root a kernel command line trusts.</summary>
public sealed class VerityCommandLineTests
{
    private const string Hash = "a451e9e60d13de9882a7048213746d998017f9842cfa850bda6390b030dace50";

    private const string Table =
        "dm-mod.create=\"dm-verity,,,ro,0 1024 verity 1 /dev/vda1 /dev/vda2 4096 4096 128 0 sha256 " + Hash + " 00ff\"";

    [Theory]
    [InlineData("rootfs_verity.scheme=dm-verity rootfs_verity.hash=" + Hash, VerityBootForm.RootfsVerity)]
    [InlineData("roothash=" + Hash, VerityBootForm.Systemd)]
    [InlineData("roothash=" + Hash + " systemd.verity_root_data=/dev/vda1 systemd.verity_root_hash=PARTUUID=1", VerityBootForm.Systemd)]
    [InlineData(Table, VerityBootForm.DeviceMapper)]
    public void WritesWhatItRead(string text, VerityBootForm form)
    {
        var boot = VerityCommandLine.Parse($"console=hvc0 quiet  {text} panic=1 -- roothash=none");

        Assert.NotNull(boot);
        Assert.Equal(form, boot.Form);
        Assert.Equal(Hash, boot.Hex);
        Assert.Equal(text, boot.ToCommandLine());
    }

    [Fact]
    public void Table_SaysTheParametersOfTheTree()
    {
        var boot = VerityCommandLine.Parse(Table)!;

        Assert.Equal(128, boot.Options!.DataBlocks);
        Assert.Equal([0, 255], boot.Options.Salt.ToArray());
        Assert.Equal("/dev/vda2", boot.HashDevice);
    }

    [Theory]
    [InlineData("")]
    [InlineData("console=hvc0 \"quoted words\" rootfs=x -- roothash=1")]
    public void FindsNothing_WhereNothingIsSaid(string text) => Assert.Null(VerityCommandLine.Parse(text));

    [Theory]
    [InlineData("roothash=" + Hash + " roothash=" + Hash, "stands twice")]
    [InlineData("roothash=" + Hash + " rootfs_verity.scheme=dm-verity rootfs_verity.hash=" + Hash, "more than one way")]
    [InlineData("rootfs_verity.hash=" + Hash, "scheme is not dm-verity")]
    [InlineData("rootfs_verity.scheme=none rootfs_verity.hash=" + Hash, "scheme is not dm-verity")]
    [InlineData("rootfs_verity.scheme=dm-verity", "is missing")]
    [InlineData("systemd.verity_root_data=/dev/vda1", "roothash is missing")]
    [InlineData("roothash=00", "no digest")]
    [InlineData("roothash=\"" + Hash, "not closed")]
    [InlineData("dm-mod.create=\"a,,,rw,0 1024 verity 1 /d /h 4096 4096 128 0 sha256 " + Hash + " -\"", "read-only")]
    [InlineData("dm-mod.create=\"a,,,ro,0 1024 linear /d 0\"", "no verity target")]
    [InlineData("dm-mod.create=\"a,,,ro,0 1024 verity 1 /d /h 4096 4096 128 0 sha256 " + Hash + " - 1 ignore_corruption\"", "options")]
    [InlineData("dm-mod.create=\"a,,,ro,0 1000 verity 1 /d /h 4096 4096 128 0 sha256 " + Hash + " -\"", "out of range")]
    [InlineData("dm-mod.create=\"a,,,ro,0 1024 verity 1 /d /h 4096 4096 128 0 md5 " + Hash + " -\"", "not supported")]
    [InlineData("dm-mod.create=\"a,,,ro,0 1024 verity 1 /d /h 4096 4096 128 0 sha512 " + Hash + " -\"", "no root hash")]
    [InlineData("dm-mod.create=\"a,,,ro,0 1024 verity 1 /d /h 4096 4096 128 0 sha256 " + Hash + " -;b,,,ro,0 1 linear /d 0\"", "one device")]
    public void Refuses_WhatCannotBeReliedOn(string text, string why)
    {
        Assert.False(VerityCommandLine.TryRead(text, out var boot, out var problem));
        Assert.Null(boot);
        Assert.Contains(why, problem, StringComparison.Ordinal);
        Assert.Equal(VerityError.MalformedCommandLine, Assert.Throws<VerityException>(() => VerityCommandLine.Parse(text)).Error);
    }

    [Theory]
    [InlineData("/dev/a b")]
    [InlineData("/dev/a\"")]
    [InlineData("/dev/a,b")]
    public void DoesNotWrite_NamesThatWouldSaySomethingElse(string device) =>
        Assert.Throws<InvalidOperationException>(() => new VerityBoot(VerityBootForm.Systemd, new byte[32]) { DataDevice = device }.ToCommandLine());
}
