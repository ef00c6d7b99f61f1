import type { ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

/** A dialog over the page; Escape and the page behind close it unless it must be answered. */
export function Sheet({ title, close, wide, children }: { title: string; close?: () => void; wide?: boolean; children: ReactNode }) {
  return (
    <ModalOverlay className="veil" isOpen isDismissable={!!close} isKeyboardDismissDisabled={!close} onOpenChange={(open) => !open && close?.()}>
      <Modal className={"sheet" + (wide ? " wide" : "")}>
        <Dialog className="stack">
          <Heading slot="title" level={2}>{title}</Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
