namespace Casemate.Addon.Manifests;

/// <summary>What Dynamic Resource Allocation needs beside the node agent's base.</summary>
internal static class DraManifests
{
    /// <summary>In the order in which they are applied.</summary>
    public static IReadOnlyList<ManifestFile> Base { get; } =
    [
        new("dra/10-device-classes.yaml", DeviceClasses),
        new("dra/20-rbac.yaml", Rights),
    ];

    private const string DeviceClasses = """
        # What pods ask for by name. The driver publishes one device for each NUMA node's EPC, from which any number of claims take a part.
        # 'kind' is an attribute, since CEL does not see the name of a device.
        apiVersion: resource.k8s.io/v1
        kind: DeviceClass
        metadata:
          name: sgx-epc
        spec:
          selectors:
          - cel:
              expression: device.driver == "sgx.casemate.dev" && device.attributes["sgx.casemate.dev"].kind == "epc"
        ---
        # The enclave device without an amount of EPC.
        apiVersion: resource.k8s.io/v1
        kind: DeviceClass
        metadata:
          name: sgx-enclave
        spec:
          selectors:
          - cel:
              expression: device.driver == "sgx.casemate.dev" && device.attributes["sgx.casemate.dev"].kind == "enclave"
        ---
        # The provisioning device: it lets a container compute an identifier of the machine. Bound who may use this class, by quota or policy.
        apiVersion: resource.k8s.io/v1
        kind: DeviceClass
        metadata:
          name: sgx-provision
        spec:
          selectors:
          - cel:
              expression: device.driver == "sgx.casemate.dev" && device.attributes["sgx.casemate.dev"].kind == "provision"
        ---
        apiVersion: resource.k8s.io/v1
        kind: DeviceClass
        metadata:
          name: snp-guest
        spec:
          selectors:
          - cel:
              expression: device.driver == "sgx.casemate.dev" && device.attributes["sgx.casemate.dev"].kind == "snp-guest"
        ---
        apiVersion: resource.k8s.io/v1
        kind: DeviceClass
        metadata:
          name: tdx-guest
        spec:
          selectors:
          - cel:
              expression: device.driver == "sgx.casemate.dev" && device.attributes["sgx.casemate.dev"].kind == "tdx-guest"

        """;

    private static string Rights => $"""
        # What the node agent may do with --dra, beside deploy/node/10-rbac.yaml.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata:
          name: casemate-dra
        rules:
        - apiGroups: [resource.k8s.io]
          resources: [resourceclaims]
          verbs: [get]
        - apiGroups: [resource.k8s.io]
          resources: [resourceslices]
          verbs: [list, watch, create, patch, delete]
        - apiGroups: [""]
          resources: [nodes]
          verbs: [get]
        # What became of a claim: the status of its devices (Kubernetes 1.36 asks for the second of the two), and Events of refused ones.
        - apiGroups: [resource.k8s.io]
          resources: [resourceclaims/status]
          verbs: [patch]
        - apiGroups: [resource.k8s.io]
          resources: [resourceclaims/driver]
          verbs: ["associated-node:patch"]
          resourceNames: [sgx.casemate.dev]
        - apiGroups: [events.k8s.io]
          resources: [events]
          verbs: [create, patch]
        ---
        {Rbac.Binding("ClusterRole", "casemate-dra", NodeManifests.Account)}
        ---
        # An agent writes the slices of its own node alone: its token names the node.
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata:
          name: casemate-dra-own-node
        spec:
          failurePolicy: Fail
          matchConstraints:
            resourceRules:
            - apiGroups: [resource.k8s.io]
              apiVersions: [v1]
              operations: [CREATE, UPDATE, DELETE]
              resources: [resourceslices]
          matchConditions:
          - name: casemate-node
            expression: request.userInfo.username == "system:serviceaccount:casemate-node:casemate-node"
          variables:
          - name: userNode
            expression: >-
              request.userInfo.extra[?'authentication.kubernetes.io/node-name'][0].orValue('')
          - name: sliceNode
            expression: >-
              (request.operation == 'DELETE' ? oldObject : object).spec.?nodeName.orValue('')
          validations:
          - expression: variables.userNode != ''
            message: the token does not say on which node its pod runs
          - expression: variables.userNode == variables.sliceNode
            messageExpression: >-
              'the agent of node ' + variables.userNode + ' may not write the slices of node ' + variables.sliceNode
          - expression: >-
              request.operation == 'CREATE'
              || (oldObject.spec.?nodeName.orValue('') == variables.userNode && oldObject.spec.driver == 'sgx.casemate.dev')
            message: the slice is not one of this agent's
          # A pool of another node's name and a higher generation would take that node's devices from the scheduler.
          - expression: >-
              request.operation == 'DELETE'
              || (object.spec.driver == 'sgx.casemate.dev' && object.spec.pool.name == variables.userNode)
            message: the agent offers devices of its own driver, in the pool of its own node
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata:
          name: casemate-dra-own-node
        spec:
          policyName: casemate-dra-own-node
          validationActions: [Deny]
        ---
        # In claims it writes the status of devices of its own node alone, and leaves to the scheduler what is allocated and to whom.
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata:
          name: casemate-dra-claim-status
        spec:
          failurePolicy: Fail
          matchConstraints:
            resourceRules:
            - apiGroups: [resource.k8s.io]
              apiVersions: [v1]
              operations: [UPDATE]
              resources: [resourceclaims/status]
          matchConditions:
          - name: casemate-node
            expression: request.userInfo.username == "system:serviceaccount:casemate-node:casemate-node"
          variables:
          - name: userNode
            expression: >-
              request.userInfo.extra[?'authentication.kubernetes.io/node-name'][0].orValue('')
          validations:
          - expression: >-
              variables.userNode != '' && oldObject.?status.?allocation.?devices.?results.orValue([])
              .exists(result, result.driver == 'sgx.casemate.dev' && result.pool == variables.userNode)
            message: the claim holds nothing of the agent's node
          - expression: >-
              object.?status.?allocation == oldObject.?status.?allocation && object.?status.?reservedFor == oldObject.?status.?reservedFor
            message: what is allocated, and to whom, is the scheduler's to write
          - expression: >-
              object.?status.?devices.orValue([]).all(device,
              (device.driver == 'sgx.casemate.dev' && device.pool == variables.userNode)
              || oldObject.?status.?devices.orValue([]).exists(old, old == device))
            message: the agent may not set the status of this device
          - expression: >-
              oldObject.?status.?devices.orValue([]).all(old,
              (old.driver == 'sgx.casemate.dev' && old.pool == variables.userNode)
              || object.?status.?devices.orValue([]).exists(device, device == old))
            message: the agent may not remove the status of this device
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata:
          name: casemate-dra-claim-status
        spec:
          policyName: casemate-dra-claim-status
          validationActions: [Deny]

        """;
}
