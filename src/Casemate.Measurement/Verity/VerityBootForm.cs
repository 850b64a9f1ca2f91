namespace Casemate.Measurement.Verity;

/// <summary>How a kernel command line says which root is trusted.</summary>
public enum VerityBootForm
{
    /// <summary>
    /// <c>rootfs_verity.scheme=dm-verity rootfs_verity.hash=HEX</c>: read by the initial file system of Kata Containers' confidential guests.
    /// </summary>
    RootfsVerity = 0,

    /// <summary>
    /// <c>roothash=HEX</c>, and <c>systemd.verity_root_data=</c>, <c>systemd.verity_root_hash=</c> for the devices.
    /// Source: systemd-veritysetup-generator(8).
    /// </summary>
    Systemd,

    /// <summary>
    /// <c>dm-mod.create="NAME,UUID,MINOR,FLAGS,0 SECTORS verity …"</c>: read by the kernel itself. Source: kernel documentation,
    /// admin-guide/device-mapper/dm-init.rst.
    /// </summary>
    DeviceMapper,
}
