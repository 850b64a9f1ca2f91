namespace Casemate.Quoting;

public static partial class AesmErrorText
{
    // One row per code: what it means, what to do. A table and nothing else, hence one long switch.
    private static (string Meaning, string Remedy) Row(AesmError error) => error switch
    {
        AesmError.Success => (
            "The request was carried out.",
            "None needed."),
        AesmError.Unexpected => (
            "Something failed that no other code names.",
            "Read the log line of the same moment: it has the original code. Report it if the log names no cause."),
        AesmError.NoDevice => (
            "The machine has no usable SGX device.",
            "Turn SGX on, and mount /dev/sgx_enclave and /dev/sgx_provision into the quote helper. "
                + "In a TD or an SEV-SNP guest there is none: ask the evidence endpoint."),
        AesmError.Parameter => (
            "A field of the request is missing, has the wrong size or a wrong value.",
            "Compare the request with the sizes in the documentation; ask for the quote size before asking for the quote."),
        AesmError.EpidBlob => (
            "The stored EPID data are damaged.",
            "Use ECDSA quotes (DCAP)."),
        AesmError.EpidRevoked => (
            "The platform's EPID group is revoked.",
            "Use ECDSA quotes (DCAP)."),
        AesmError.LicenceToken => (
            "The licence token for launching an enclave could not be had.",
            "Run on a platform with flexible launch control."),
        AesmError.SessionInvalid => (
            "A platform service session is not valid.",
            "Do not use platform services."),
        AesmError.SessionLimit => (
            "There are too many platform service sessions.",
            "Do not use platform services."),
        AesmError.PseSession => (
            "A platform service session could not be opened.",
            "Do not use platform services."),
        AesmError.PairingNotDone => (
            "The platform services are not paired.",
            "Do not use platform services."),
        AesmError.PairingFailed => (
            "Pairing of the platform services failed.",
            "Do not use platform services."),
        AesmError.Network => (
            "The collateral service could not be reached.",
            "Check the collateral address and its certificate from this node: 'casemate collateral check'."),
        AesmError.NetworkBusy => (
            "The collateral service is overloaded.",
            "Try again later; run a collateral cache in the cluster."),
        AesmError.ProxySetting => (
            "The network proxy could not be used.",
            "Correct or remove the proxy settings of the quote helper."),
        AesmError.FileAccess => (
            "A file of the quoting library could not be read or written.",
            "Check that the signed enclaves are installed and that the cache directory is writable."),
        AesmError.ProvisionFailed => (
            "The platform could not be provisioned.",
            "Register the platform; see the log for the service's answer."),
        AesmError.ServiceStopped => (
            "The quote helper is stopping.",
            "Try again: the client reaches the next instance under the same path."),
        AesmError.Busy => (
            "The queue is full, or the request would wait longer than the client does.",
            "Try again later; see the limits per pod and the queue's metrics."),
        AesmError.BackendBusy => (
            "The quoting library or its service is busy.",
            "Try again later."),
        AesmError.UpdateAvailable => (
            "The platform wants an update before it can be used.",
            "Update firmware and platform software."),
        AesmError.OutOfMemory => (
            "There is not enough memory.",
            "Raise the memory limit of the quote helper."),
        AesmError.Message => (
            "A message of the collateral service could not be understood.",
            "Check the collateral address: 'casemate collateral check'."),
        AesmError.Thread => (
            "A thread could not be started.",
            "Raise the limit of processes of the quote helper."),
        AesmError.DeviceNotAvailable => (
            "The SGX device is there but cannot be used now.",
            "Try again; if it stays, start the quote helper anew."),
        AesmError.EnableFailed => (
            "SGX could not be turned on.",
            "Turn SGX on in the firmware."),
        AesmError.PibSignature => (
            "The platform information has a wrong signature.",
            "Use ECDSA quotes (DCAP)."),
        AesmError.KdfMismatch => (
            "Key derivations of the two sides differ.",
            "Do not use platform services."),
        AesmError.OutOfEpc => (
            "There is no enclave memory left for the quoting enclaves.",
            "Give workloads less EPC, or leave a reserve for the quote helper."),
        AesmError.ServiceUnavailable => (
            "The service is not offered here, or not to this client.",
            "Use ECDSA quotes; ask the operator to admit the namespace."),
        AesmError.UnrecognisedPlatform => (
            "The provisioning service does not know the platform.",
            "Register the platform with its platform manifest."),
        AesmError.EcdsaIdMismatch => (
            "The stored attestation key belongs to another key id.",
            "Remove the stored key; the next initialisation makes one."),
        AesmError.PathOverflow => (
            "A path is longer than the quoting library allows.",
            "Install the signed enclaves under a shorter path."),
        AesmError.StoredKey => (
            "The stored attestation key could not be saved.",
            "Make the key directory writable."),
        AesmError.PublicKeyIdMismatch => (
            "The attestation key is not the one that was initialised.",
            "Initialise again and ask anew."),
        AesmError.PceSignatureScheme => (
            "The provisioning enclave uses an unknown signature scheme.",
            "Install quoting and provisioning enclave of the same release."),
        AesmError.AttestationKeyBlob => (
            "The stored attestation key is damaged.",
            "Remove the stored key; the next initialisation makes one."),
        AesmError.UnsupportedAttestationKey => (
            "No back end answers to the attestation key id of the request.",
            "Ask for the key ids that the service lists, or let the client select one."),
        AesmError.LoadPolicy => (
            "The enclaves' load policy could not be set.",
            "Start the quote helper anew."),
        AesmError.InterfaceUnavailable => (
            "The quoting library lacks an interface.",
            "Install a current release of the DCAP libraries."),
        AesmError.PlatformLibraryUnavailable => (
            "The library that fetches platform certificates is missing.",
            "Install the quote provider library, or use an image that has it."),
        AesmError.AttestationKeyNotInitialised => (
            "There is no attestation key yet.",
            "Initialise (message 15) and ask again; clients do that themselves."),
        AesmError.CertificateDataInvalid => (
            "The platform's certificates are damaged.",
            "Remove the cached certificates and fetch them again."),
        AesmError.NoPlatformCertificate => (
            "There is no PCK certificate for this platform.",
            "Register the platform, or correct the collateral address."),
        AesmError.ReportCreation => (
            "The quoting enclave could not make a report.",
            "Try again; if it stays, start the quote helper anew."),
        AesmError.EnclaveLost => (
            "The quoting enclave was lost.",
            "Try again: the service loads the enclave anew."),
        AesmError.InvalidReport => (
            "The report's MAC is wrong.",
            "Make the report for the target info of this service, and ask on the machine that made it."),
        AesmError.EnclaveLoad => (
            "A quoting enclave could not be loaded.",
            "Install the signed enclaves and mount both SGX devices with access for the quote helper."),
        AesmError.NoQeReport => (
            "The quoting enclave cannot make a report for the application.",
            "Install libsgx_qe3_logic, or ask without QE report information."),
        AesmError.KeyCertification => (
            "The attestation key could not be certified.",
            "Check access to /dev/sgx_provision; see the log for the original code."),
        AesmError.ConfigUnsupported => (
            "The configuration asks for something that is not supported.",
            "Correct the configuration of the quote helper."),
        _ => ("A code that the protocol does not have.", "Report it, with the log of the quote helper."),
    };
}
